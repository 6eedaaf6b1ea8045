// How does the sharpness of a network move while it learns modular arithmetic, and how does that
// depend on depth? Trains one perceptron per depth and seed, measures both ends of the Hessian
// spectrum on the way, and writes tables, figures and a report.

#include <numeric>

#include "engine/core/parallel.h"
#include "experiments/analysis/pair_classifier.h"
#include "experiments/lab/cli.h"
#include "experiments/lab/figure.h"
#include "experiments/lab/sharpness_track.h"
#include "experiments/lab/side_by_side.h"
#include "experiments/lab/task_tables.h"
#include "experiments/lab/train.h"
#include "experiments/reports/grokking_hessian.h"
#include "models/initialise.h"

namespace dualtape {
namespace {

struct Config : lab::CommonSettings {
    std::vector<std::int64_t> seeds{1};
    data::TaskSettings task;
    double train_fraction = 0.1;
    std::string input = "raw", activation = "relu", init = "torch_default";
    std::vector<std::int64_t> depths{1, 2, 3, 4, 5, 6, 7};
    std::int64_t width = 128, embedding_width = 128;
    double init_sigma = 0.02;
    lab::TrainSettings train;
    lab::SharpnessTrackSettings curvature;
    std::string x_axis = "step";
};

void fill(lab::Options& options, Config& config) {
    lab::add_common(options, config);
    options.add("seeds", config.seeds, "one number: how many, from seed on; several: these")
        .at_least(0);
    options.group("task", "Task");
    options.add("operation", config.task.operation, "label of the pair (a, b)")
        .choices({"add", "sub", "mul", "div", "x2_y2", "x2_xy_y2", "x2_xy_y2_x", "x3_xy",
                  "x3_xy2_y", "mix", "random_table"});
    options.add("p", config.task.p, "modulus: operands are 0 .. p-1").range(2, 1000);
    options.add("train_fraction", config.train_fraction, "share of all pairs to train on")
        .above(0)
        .at_most(1);
    options.group("model", "Model");
    options.add("input", config.input, "raw: two integers; one_hot: two one-hots; embedding")
        .choices(models::mlp_input_words());
    options.add("depths", config.depths, "hidden layers, one network each").range(1, 64);
    options.add("width", config.width, "features of a hidden layer").range(1, 65536);
    options.add("embedding_width", config.embedding_width, "features of the embedding")
        .range(1, 65536);
    options.add("activation", config.activation, "of the hidden layers")
        .choices(models::activation_words());
    options.add("init", config.init, "U(-1/sqrt(inputs), 1/sqrt(inputs)), or N(0, init_sigma)")
        .choices(models::init_words());
    options.add("init_sigma", config.init_sigma, "standard deviation of normal").at_least(0);
    lab::add_train(options, config.train);
    lab::add_sharpness_track(options, config.curvature);
    options.group("figures", "Figures");
    options.add("x_axis", config.x_axis, "of curvature figures: step, or index of the checkpoint")
        .choices({"step", "index"})
        .neutral();
}

models::MlpSettings network(const Config& config, const data::Task& task, Index depth) {
    models::MlpSettings settings;
    settings.input = models::mlp_input(config.input);
    settings.activation = models::activation(config.activation);
    settings.modulus = task.vocabulary;
    settings.num_classes = task.classes;
    settings.width = config.width;
    settings.depth = depth;
    settings.embedding_width = config.embedding_width;
    return settings;
}

// The part of a run that one seed shares over all depths.
struct SeedData {
    std::uint64_t seed = 0;
    data::Task task;
    data::Split split;
};

std::vector<SeedData> make_data(const Config& config) {
    std::vector<std::int64_t> seeds = config.seeds;
    if (seeds.size() == 1) {
        seeds.resize(static_cast<std::size_t>(seeds[0]));
        std::iota(seeds.begin(), seeds.end(), config.seed);
    }
    if (seeds.empty()) throw lab::InputError("--seeds 0", "no seed is left", "choose 1 or more");
    std::vector<SeedData> all;
    for (const std::int64_t seed : seeds) {
        SeedData data{.seed = static_cast<std::uint64_t>(seed), .task = {}, .split = {}};
        data::TaskSettings settings = config.task;
        settings.seed = data.seed;
        try {
            data.task = data::make_task(settings);
            data.split = data::make_split(
                data.task, {.train_fraction = config.train_fraction, .seed = data.seed});
        } catch (const std::invalid_argument& error) {
            throw lab::InputError("", error.what(), "see --help for the settings of the task");
        }
        const auto samples = static_cast<std::int64_t>(data.split.train.size());
        if (config.train.batch_size > samples) {
            throw lab::InputError("--batch-size " + std::to_string(config.train.batch_size),
                                  "there are " + std::to_string(samples) + " training samples",
                                  "choose 0 for all of them, or a smaller batch_size");
        }
        all.push_back(std::move(data));
    }
    return all;
}

// One training: a depth and a seed.
struct Training {
    const SeedData* data = nullptr;
    Index depth = 0;
    std::string name;
    lab::ProgressTask* progress = nullptr;
    lab::TrainEnd end;
};

std::vector<Training> make_trainings(const Config& config, const std::vector<SeedData>& data) {
    std::vector<Training> all;
    for (const std::int64_t depth : config.depths) {
        for (const SeedData& of_seed : data) {
            Training training;
            training.data = &of_seed;
            training.depth = depth;
            training.name =
                "depth" + std::to_string(depth) + "-seed" + std::to_string(of_seed.seed);
            all.push_back(std::move(training));
        }
    }
    return all;
}

// Trains one depth and seed, and measures at logs and visits.
template <class Scalar>
void train_one(const Config& config, Training& training, lab::Run& run, int threads) {
    using Part = typename analysis::PairClassifier<Scalar>::Part;
    const SeedData& data = *training.data;
    const models::MlpSettings settings = network(config, data.task, training.depth);
    const analysis::PairClassifier<Scalar> net(settings, data.task, data.split);
    const analysis::PairClassifier<double> exact(settings, data.task, data.split);
    Workspace<Scalar> work(net.model(), threads);
    const Batch<Scalar> batch = net.batch(Part::train);
    lab::SharpnessTrack track(config.curvature, exact, run, training.name, data.seed,
                              training.depth, 2 / config.train.optimiser.learning_rate, threads);
    std::optional<lab::TableWriter> metrics;
    Vec<Scalar> gradient(net.model().size());
    const optim::Schedule rate = config.train.optimiser.schedule();

    lab::TrainTask<Scalar> task{
        .name = training.name,
        .model = &net.model(),
        .parameters = &net.parameters(),
        .batch = batch,
        .theta = models::initialise<Scalar>(
            net.parameters(), {models::init_rule(config.init), config.init_sigma}, data.seed),
        .seed = data.seed,
        .threads = threads};
    lab::TrainHooks<Scalar> hooks;
    hooks.begin = [&](std::int64_t step) {
        if (!track.begin(step)) return false;
        const auto path = run.folder.task_file(training.name, "metrics.tsv");
        lab::cut_table(path, step);
        metrics.emplace(path, reports::metrics_columns(), lab::TableWriter::Mode::append);
        return true;
    };
    hooks.log = [&](const lab::TrainState<Scalar>& state) {
        const auto fit = net.evaluate(work, state.theta, Part::train);
        const auto test = net.evaluate(work, state.theta, Part::test);
        net.model().gradient(work, state.theta, batch, gradient);
        metrics->add_row({training.depth, data.seed, state.step, fit.loss, test.loss, fit.accuracy,
                          test.accuracy, gradient.template cast<double>().norm(),
                          state.theta.template cast<double>().norm(),
                          state.step == 0 ? 0.0 : rate(state.step)});
        training.progress->at(
            state.step,
            {{"train loss", fit.loss}, {"test loss", test.loss}, {"test accuracy", test.accuracy}});
    };
    hooks.visit = [&](const lab::TrainState<Scalar>& state) {
        return track.visit(state.step, state.theta.template cast<double>());
    };
    training.end = lab::train(config.train, task, hooks, run.folder, run.log, *training.progress);
    if (metrics) metrics->close();
}

// Step 4. Trains all; throws when one was interrupted.
void train_all(const Config& config, std::vector<Training>& trainings, lab::Run& run) {
    std::vector<double> costs;
    for (Training& training : trainings) {
        training.progress = &run.progress.add(training.name, config.train.steps);
        costs.push_back(static_cast<double>(
            models::count_parameters(network(config, training.data->task, training.depth))));
    }
    const int threads = resolve_threads(static_cast<int>(config.threads));
    lab::run_side_by_side(costs, threads, [&](std::size_t task, int inside) {
        Training& training = trainings[task];
        if (lab::is_interrupted()) {
            training.end.kind = lab::TrainEnd::Kind::interrupted;
            return;
        }
        lab::with_precision(config.precision, [&]<class Scalar>() {
            train_one<Scalar>(config, training, run, inside);
        });
    });
    for (const Training& training : trainings) {
        if (training.end.kind == lab::TrainEnd::Kind::interrupted) throw lab::Interrupted();
    }
}

lab::Outcome run_experiment(const Config& config, lab::Run& run) {
    const double start = lab::steady_seconds();

    // Steps 1 and 2, settings and run folder, are done. Step 3. Data, models, streams.
    for (const char* stream : {"init", "split", "batches", "probes"}) {
        run.manifest.add_stream(stream);
    }
    const std::vector<SeedData> data = make_data(config);
    for (const SeedData& of_seed : data) {
        reports::write_data(run, of_seed.task, of_seed.split, of_seed.seed, &of_seed == &data[0]);
    }
    for (const std::int64_t depth : config.depths) {
        reports::add_parameter_counts(run.manifest, network(config, data[0].task, depth));
    }

    // Step 4. Train; rows and checkpoints are written on the way.
    std::vector<Training> trainings = make_trainings(config, data);
    train_all(config, trainings, run);

    // Step 5. One table of all trainings each, in the order of the list; measures of them.
    std::vector<std::string> names;
    std::string diverged;
    for (const Training& training : trainings) {
        names.push_back(training.name);
        if (training.end.kind != lab::TrainEnd::Kind::diverged) continue;
        run.log.warn(training.end.reason);
        if (diverged.empty()) diverged = training.end.reason;
    }
    reports::join_task_tables(run.folder, names);
    reports::summarise(run.folder.path());
    reports::write_cost(run.folder.path(), lab::steady_seconds() - start);
    reports::add_final_numbers(run.folder.path(), run.manifest);
    for (const std::string& warning : reports::convergence_warnings(run.folder.path())) {
        run.log.warn(warning);
    }

    // Step 6. Figures, from the tables alone. The report follows when the manifest is complete.
    reports::draw_figures(run, config.x_axis == "index");

    // Step 7. DONE or FAILED, and the path of the report, by run_main.
    if (!diverged.empty()) return lab::Outcome::failed(diverged);
    return lab::Outcome::done();
}

std::vector<lab::Estimate> estimate(const Config& config) {
    constexpr double kFlopsPerSecond = 2e10;  // of one core of a laptop, in small products
    constexpr double kProducts = 200;  // of Lanczos at a visit, two gradients each, in double
    std::vector<lab::Estimate> rows;
    const std::vector<SeedData> data = make_data(config);
    for (const Training& training : make_trainings(config, data)) {
        const analysis::PairClassifier<float> net(
            network(config, training.data->task, training.depth), training.data->task,
            training.data->split);
        const auto samples = static_cast<Index>(training.data->split.train.size());
        const auto steps = static_cast<double>(config.train.steps);
        const double visits = steps / static_cast<double>(config.curvature.every) + 1;
        const double products =
            visits * (kProducts + static_cast<double>(config.curvature.power_rounds));
        const double seconds =
            (steps + 4 * products) * net.model().gradient_flops(samples) / kFlopsPerSecond;
        rows.push_back({training.name, net.model().size(), config.train.steps,
                        static_cast<double>(net.model().size()) * 8 * 200, seconds});
    }
    return rows;
}

}  // namespace
}  // namespace dualtape

int main(int argc, char** argv) {
    using namespace dualtape;
    Config config, defaults;
    lab::Options options, default_options;
    fill(options, config);
    fill(default_options, defaults);
    options.add_check([&] { config.train.visits.every = config.curvature.every; });
    const auto write_report = [&](const std::filesystem::path& folder) {
        lab::Report report = reports::make_report(folder);
        report.changed = reports::changed_settings(options, default_options);
        lab::write_report(folder, report);
    };
    return lab::run_main(
        argc, argv,
        {.name = "grokking_hessian",
         .question = reports::kQuestion,
         .recipes = lab::compiled_recipes(),
         .examples = {{"--recipe quick", "grokking, curvature and report in under a minute"},
                      {"--recipe literal --seeds 5", "the published setting over five seeds"}},
         .estimate = [&] { return estimate(config); },
         .run = [&](lab::Run& run) { return run_experiment(config, run); },
         .report = write_report},
        options);
}
