// How does the sharpness of a network move while it learns modular arithmetic, and how does that
// depend on depth? Trains one perceptron per depth and seed, measures both ends of the Hessian
// spectrum on the way, and writes tables, figures and a report.

#include "experiments/reports/grokking_hessian.h"
#include "engine/core/parallel.h"
#include "experiments/lab/cli.h"
#include "experiments/lab/curvature_track.h"
#include "experiments/lab/side_by_side.h"
#include "experiments/lab/task_tables.h"
#include "experiments/lab/train.h"
#include "experiments/setups/grokking_hessian.h"
#include "models/initialise.h"

namespace dualtape {
namespace {

using setups::GrokkingHessian;

// One training in progress: a depth and a seed.
struct Job {
    setups::Training training;
    lab::ProgressTask* progress = nullptr;
    lab::TrainEnd end;
};

// Trains one depth and seed, and measures at logs and visits.
template <class Scalar>
void train_one(const GrokkingHessian& setup, Job& job, lab::Run& run, int threads) {
    using analysis::Part;
    const setups::GrokkingHessianSettings& config = setup.settings();
    const setups::Training& training = job.training;
    const auto net = setup.classifier<Scalar>(training);
    const auto exact = setup.classifier<double>(training);
    Workspace<Scalar> work(net->model(), threads);
    const Batch<Scalar> batch = net->batch(Part::train);
    lab::CurvatureTrack track(config.curvature, config.train, *exact, run, training.name,
                              training.columns(), training.seed, threads);
    std::optional<lab::TableWriter> metrics;
    Vec<Scalar> gradient(net->model().size());
    const optim::Schedule rate = config.train.optimiser.schedule();

    lab::TrainTask<Scalar> task{
        .name = training.name,
        .model = &net->model(),
        .parameters = &net->parameters(),
        .batch = batch,
        .theta = models::initialise<Scalar>(
            net->parameters(), {models::init_rule(config.init), config.init_sigma}, training.seed),
        .seed = training.seed,
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
        const auto fit = net->evaluate(work, state.theta, Part::train);
        const auto test = net->evaluate(work, state.theta, Part::test);
        net->model().gradient(work, state.theta, batch, gradient);
        metrics->add_row(
            {GrokkingHessian::depth(training), training.seed, state.step, fit.loss, test.loss,
             fit.accuracy, test.accuracy, gradient.template cast<double>().norm(),
             state.theta.template cast<double>().norm(), state.step == 0 ? 0.0 : rate(state.step)});
        job.progress->at(
            state.step,
            {{"train loss", fit.loss}, {"test loss", test.loss}, {"test accuracy", test.accuracy}});
    };
    hooks.visit = [&](const lab::TrainState<Scalar>& state) { return track.visit(state); };
    job.end = lab::train(config.train, task, hooks, run.folder, run.log, *job.progress);
    if (metrics) metrics->close();
}

// Step 4. Trains all; throws when one was interrupted.
void train_all(const GrokkingHessian& setup, std::vector<Job>& jobs, lab::Run& run) {
    const setups::GrokkingHessianSettings& config = setup.settings();
    const data::Task task = setup.make_data(jobs[0].training.seed).task;
    std::vector<double> costs;
    for (Job& job : jobs) {
        job.progress = &run.progress.add(job.training.name, config.train.steps);
        costs.push_back(static_cast<double>(
            models::count_parameters(setup.network(task, GrokkingHessian::depth(job.training)))));
    }
    const int threads = resolve_threads(static_cast<int>(config.threads));
    lab::run_side_by_side(costs, threads, [&](std::size_t i, int inside) {
        Job& job = jobs[i];
        if (lab::is_interrupted()) {
            job.end.kind = lab::TrainEnd::Kind::interrupted;
            return;
        }
        lab::with_precision(config.precision,
                            [&]<class Scalar>() { train_one<Scalar>(setup, job, run, inside); });
    });
    for (const Job& job : jobs) {
        if (job.end.kind == lab::TrainEnd::Kind::interrupted) throw lab::Interrupted();
    }
}

lab::Outcome run_experiment(const GrokkingHessian& setup, lab::Run& run) {
    const double start = lab::steady_seconds();

    // Steps 1 and 2, settings and run folder, are done. Step 3. Data, models, streams.
    for (const char* stream : {"init", "split", "batches", "probes"}) {
        run.manifest.add_stream(stream);
    }
    for (const std::uint64_t seed : setup.seeds()) {
        const GrokkingHessian::SeedData data = setup.make_data(seed);
        const bool is_first = seed == setup.seeds()[0];
        reports::write_data(run, data.task, data.split, seed, is_first);
        if (!is_first) continue;
        for (const std::int64_t depth : setup.settings().depths) {
            reports::add_parameter_counts(run.manifest, setup.network(data.task, depth));
        }
    }

    // Step 4. Train; rows and checkpoints are written on the way.
    std::vector<Job> jobs;
    for (setups::Training& training : setup.trainings()) {
        jobs.push_back({.training = std::move(training), .end = {}});
    }
    train_all(setup, jobs, run);

    // Step 5. One table of all trainings each, in the order of the list; measures of them.
    std::vector<std::string> names;
    std::string diverged;
    for (const Job& job : jobs) {
        names.push_back(job.training.name);
        if (job.end.kind != lab::TrainEnd::Kind::diverged) continue;
        run.log.warn(job.end.reason);
        if (diverged.empty()) diverged = job.end.reason;
    }
    reports::join_task_tables(run.folder, names);
    reports::summarise(run.folder.path());
    reports::write_cost(run.folder.path(), lab::steady_seconds() - start);
    reports::add_final_numbers(run.folder.path(), run.manifest);
    for (const std::string& warning : reports::convergence_warnings(run.folder.path())) {
        run.log.warn(warning);
    }

    // Step 6. Figures, from the tables alone. The report follows when the manifest is complete.
    for (const std::string& warning : reports::draw_figures(run.folder.path())) {
        run.log.warn(warning);
    }

    // Step 7. DONE or FAILED, and the path of the report, by run_main.
    if (!diverged.empty()) return lab::Outcome::failed(diverged);
    return lab::Outcome::done();
}

std::vector<lab::Estimate> estimate(const GrokkingHessian& setup) {
    constexpr double kFlopsPerSecond = 4e10;  // of one core of a laptop, in float
    constexpr double kProducts = 200;  // of Lanczos at a visit, two gradients each, in double
    const setups::GrokkingHessianSettings& config = setup.settings();
    std::vector<lab::Estimate> rows;
    for (const setups::Training& training : setup.trainings()) {
        const auto net = setup.classifier<float>(training);
        const auto steps = static_cast<double>(config.train.steps);
        const double visits = steps / static_cast<double>(config.curvature.every) + 1;
        const double products =
            visits * (kProducts + static_cast<double>(config.curvature.power_rounds));
        const double flops = net->model().gradient_flops(net->samples(analysis::Part::train));
        rows.push_back({training.name, net->model().size(), config.train.steps,
                        static_cast<double>(net->model().size()) * 8 * 200,
                        (steps + 4 * products) * flops / kFlopsPerSecond});
    }
    return rows;
}

}  // namespace
}  // namespace dualtape

int main(int argc, char** argv) {
    using namespace dualtape;
    GrokkingHessian setup;
    lab::Options options;
    setup.add_options(options);
    return lab::run_main(
        argc, argv,
        {.name = "grokking_hessian",
         .question = reports::kQuestion,
         .recipes = lab::compiled_recipes(),
         .examples = {{"--recipe quick", "grokking, curvature and report in under a minute"},
                      {"--recipe literal --seeds 5", "the published setting over five seeds"}},
         .estimate = [&] { return estimate(setup); },
         .run = [&](lab::Run& run) { return run_experiment(setup, run); },
         .report = reports::write_report},
        options);
}
