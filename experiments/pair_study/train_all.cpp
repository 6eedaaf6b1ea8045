#include "experiments/pair_study/train_all.h"

#include <filesystem>
#include <optional>
#include <span>

#include "engine/curvature/length.h"
#include "engine/kernels/random.h"
#include "experiments/analyses/curvature/curvature_track.h"
#include "experiments/lab/safetensors.h"
#include "experiments/lab/sha256.h"
#include "experiments/lab/side_by_side.h"
#include "experiments/lab/task_tables.h"
#include "experiments/lab/threads.h"
#include "experiments/lab/train.h"

namespace dualtape::pair_study {

namespace {

namespace fs = std::filesystem;
using pairs::PairInputs;

constexpr const char* kMetrics[] = {"step",           "train_loss",    "test_loss",
                                    "train_accuracy", "test_accuracy", "gradient_norm",
                                    "theta_norm",     "learning_rate"};
constexpr const char* kNoise[] = {"step", "noisy_accuracy", "true_accuracy"};

// Threads inside one training, measured on two cores: full batches 0.8 to 0.9; steps of some
// 40 Mflop 0.6 to 0.7.
constexpr double kEfficiency = 0.85, kSmallEfficiency = 0.65;
constexpr double kSmallStep = 1e8;  // flops

// One training in progress.
struct Job {
    study::Training training;
    lab::ProgressTask* progress = nullptr;
    lab::TrainEnd end;
};

void write_data(lab::Run& run, const PairSetup::SeedData& data, bool is_first) {
    lab::TensorFile file;
    file.metadata["inputs"] =
        "integer pairs (a, b) of " + data.task.name + " modulo " + std::to_string(data.task.p);
    const auto add_part = [&](const std::string& part, const std::vector<std::int32_t>& samples) {
        std::vector<std::int32_t> inputs, targets;
        for (const std::int32_t sample : samples) {
            const auto s = static_cast<std::size_t>(sample);
            inputs.push_back(data.task.tokens[2 * s]);
            inputs.push_back(data.task.tokens[2 * s + 1]);
            targets.push_back(data.task.labels[s]);
        }
        const auto count = static_cast<std::int64_t>(targets.size());
        file.add<std::int32_t>(part + ".inputs", std::vector<std::int64_t>{count, 2},
                               std::span(inputs));
        file.add<std::int32_t>(part + ".targets", std::vector<std::int64_t>{count},
                               std::span(targets));
    };
    add_part("train", data.split.train);
    add_part("test", data.split.test);
    const std::string name = is_first ? "data" : "data-seed" + std::to_string(data.seed);
    lab::write_tensors(run.folder.file(name + ".safetensors"), file);
    run.manifest.add_dataset(name, data.task.size(), lab::sha256_hex(lab::encode_tensors(file)));
}

// Training pairs whose operands are drawn anew with probability q at every step, each token of
// both operands by itself. Stream "operand noise", one per step.
template <class Scalar>
class NoisyInputs {
  public:
    NoisyInputs(const PairInputs<Scalar>& clean, Index p, double q, std::uint64_t seed)
        : clean_(clean), noisy_(clean), p_(p), q_(q), seed_(seed) {
        // Second operands as one-hots count from p.
        const bool is_one_hot = !clean.b.empty() && clean.b[0] >= p;
        offset_ = is_one_hot ? static_cast<std::int32_t>(p) : 0;
    }

    const PairInputs<Scalar>& inputs() const { return noisy_; }
    void draw(std::int64_t step) {
        kernels::Stream stream(seed_, "operand noise", static_cast<std::uint64_t>(step));
        const auto token = [&](std::int32_t own, std::int32_t offset) {
            const bool is_drawn = static_cast<double>(stream.bits64() >> 11) * 0x1p-53 < q_;
            const auto other = stream.below(static_cast<std::uint64_t>(p_));
            return is_drawn ? offset + static_cast<std::int32_t>(other) : own;
        };
        for (Index i = 0; i < clean_.size(); ++i) {
            const auto s = static_cast<std::size_t>(i);
            if (clean_.pair.rows() > 0) {
                for (const Index operand : {0, 1}) {
                    const auto own = static_cast<std::int32_t>(clean_.pair(operand, i));
                    noisy_.pair(operand, i) = static_cast<Scalar>(token(own, 0));
                }
            } else {
                noisy_.a[s] = token(clean_.a[s], 0);
                noisy_.b[s] = token(clean_.b[s], offset_);
            }
        }
    }

  private:
    const PairInputs<Scalar>& clean_;
    PairInputs<Scalar> noisy_;
    Index p_;
    double q_;
    std::uint64_t seed_;
    std::int32_t offset_ = 0;
};

// metrics.tsv of a training, and noise.tsv where labels are noisy.
template <class Scalar>
class MetricsWriter {
  public:
    MetricsWriter(const PairSetup& setup, const study::Training& training,
                  const pairs::PairClassifier<Scalar>& net, const lab::RunFolder& folder,
                  int threads)
        : training_(training),
          net_(net),
          folder_(folder),
          rate_(setup.train().optimiser.schedule()),
          work_(net.model(), threads),
          batch_(net.batch(study::Part::train)),
          gradient_(net.model().size()) {
        const PairSetup::SeedData data = setup.make_data(training.seed);
        if (data.noisy.empty()) return;
        std::vector<std::int32_t> a, b, wrong, right;
        for (const std::int32_t sample : data.noisy) {
            const auto s = static_cast<std::size_t>(sample);
            a.push_back(data.task.tokens[2 * s]);
            b.push_back(data.task.tokens[2 * s + 1]);
            wrong.push_back(data.task.labels[s]);
            right.push_back(data.task.true_labels[s]);
        }
        const models::MlpSettings network = setup.network(data.task, training);
        wrong_ = pairs::make_pair_inputs<Scalar>(network, a, b, std::move(wrong));
        right_ = pairs::make_pair_inputs<Scalar>(network, a, b, std::move(right));
    }

    void begin() {
        open(metrics_, "metrics.tsv", kMetrics);
        if (wrong_.size() > 0) open(noise_, "noise.tsv", kNoise);
    }

    void log(const lab::TrainState<Scalar>& state, lab::ProgressTask& progress) {
        const auto fit = net_.evaluate(work_, state.theta, study::Part::train);
        const auto test = net_.evaluate(work_, state.theta, study::Part::test);
        net_.model().gradient(work_, state.theta, batch_, gradient_);
        metrics_->add_row(lab::labelled_row(
            training_.columns(), {state.step, fit.loss, test.loss, fit.accuracy, test.accuracy,
                                  curvature::length(gradient_), curvature::length(state.theta),
                                  state.step == 0 ? 0.0 : rate_(state.step)}));
        if (noise_) {
            noise_->add_row(
                lab::labelled_row(training_.columns(),
                                  {state.step, net_.evaluate(work_, state.theta, wrong_).accuracy,
                                   net_.evaluate(work_, state.theta, right_).accuracy}));
        }
        progress.at(
            state.step,
            {{"train loss", fit.loss}, {"test loss", test.loss}, {"test accuracy", test.accuracy}});
    }

    void close() {
        if (metrics_) metrics_->close();
        if (noise_) noise_->close();
    }

  private:
    template <class Names>
    void open(std::optional<lab::TableWriter>& writer, const char* name, const Names& columns) {
        writer.emplace(folder_.task_file(training_.name, name),
                       lab::labelled_columns(training_.columns(), columns),
                       lab::TableWriter::Mode::append);
    }

    const study::Training& training_;
    const pairs::PairClassifier<Scalar>& net_;
    const lab::RunFolder& folder_;
    optim::Schedule rate_;
    Workspace<Scalar> work_;
    Batch<Scalar> batch_;
    Vec<Scalar> gradient_;
    PairInputs<Scalar> wrong_, right_;  // the pairs with a wrong label, and with the true one
    std::optional<lab::TableWriter> metrics_, noise_;
};

template <class Scalar>
void train_one(const PairSetup& setup, Job& job, lab::Run& run, int threads) {
    const PairSettings& config = setup.pair_settings();
    const study::Training& training = job.training;
    const auto net = setup.pair_classifier<Scalar>(training);
    std::optional<NoisyInputs<Scalar>> noise;
    Batch<Scalar> batch = net->batch(study::Part::train);
    if (config.operand_noise > 0) {
        noise.emplace(net->inputs(study::Part::train), setup.pair_table(training).p,
                      config.operand_noise, training.seed);
        noise->inputs().bind(batch);
    }
    lab::TrainTask<Scalar> task{
        .name = training.name,
        .model = &net->model(),
        .parameters = &net->parameters(),
        .batch = batch,
        .theta = models::initialise<Scalar>(net->parameters(), setup.init(), training.seed),
        .seed = training.seed,
        .threads = threads};
    MetricsWriter<Scalar> metrics(setup, training, *net, run.folder, threads);
    std::unique_ptr<study::Classifier<double>> exact;
    std::optional<analyses::CurvatureTrack> track;
    if (!config.curvature.quantities.empty()) {
        exact = setup.classifier<double>(training);
        track.emplace(config.curvature, config.train, *exact, run, training.name,
                      training.columns(), training.seed, threads);
    }
    lab::TrainHooks<Scalar> hooks;
    for (const std::string& name : training_tables()) {
        hooks.tables.push_back(run.folder.task_file(training.name, name));
    }
    const lab::Cadence measured{.every = config.curvature.every};
    lab::Interlude *rows = nullptr, *visits = nullptr;
    hooks.begin = [&](std::int64_t step) {
        if (track && !track->begin(step)) return false;
        metrics.begin();
        const std::int64_t steps = config.train.steps;
        rows = &job.progress->add_interlude(config.train.log.about(step, steps));
        visits = &job.progress->add_interlude(track ? measured.about(step, steps) : 0);
        return true;
    };
    if (noise) hooks.inputs = [&](std::int64_t step) { noise->draw(step); };
    hooks.log = [&](const lab::TrainState<Scalar>& state) {
        rows->time([&] { metrics.log(state, *job.progress); });
    };
    if (track) {
        hooks.visit = [&](const lab::TrainState<Scalar>& state) {
            return !measured.contains(state.step, config.train.steps) ||
                   visits->time([&] { return track->visit(state); });
        };
    }
    job.end = lab::train(config.train, task, hooks, run.folder, run.log, *job.progress);
    metrics.close();
}

// The tables of all trainings, one after the other.
void join_task_tables(const lab::RunFolder& folder, const std::vector<Job>& jobs) {
    for (const std::string& name : training_tables()) {
        std::vector<fs::path> parts;
        for (const Job& job : jobs) {
            const fs::path part = folder.task_file(job.training.name, name);
            if (fs::exists(part)) parts.push_back(part);
        }
        if (!parts.empty()) lab::join_tables(parts, folder.file(name));
    }
}

void write_inputs(const PairSetup& setup, lab::Run& run) {
    for (const char* stream : {"init", "split", "batches", "probes"}) {
        run.manifest.add_stream(stream);
    }
    if (setup.pair_settings().label_noise > 0) run.manifest.add_stream("noise");
    if (setup.pair_settings().operand_noise > 0) run.manifest.add_stream("operand noise");
    const std::vector<std::uint64_t> seeds = setup.seeds();
    for (const std::uint64_t seed : seeds) {
        const PairSetup::SeedData data = setup.make_data(seed);
        write_data(run, data, seed == seeds[0]);
        if (seed != seeds[0]) continue;
        for (const study::Training& training : setup.trainings()) {
            if (training.seed != seed) continue;
            run.manifest.add_parameters(
                training.name, models::count_parameters(setup.network(data.task, training)));
        }
    }
}

}  // namespace

std::vector<std::string> training_tables() {
    std::vector<std::string> names{"metrics.tsv", "noise.tsv", "overlap.tsv"};
    for (const char* name : analyses::CurvatureTables::names()) names.emplace_back(name);
    return names;
}

TrainedRun train_all(const PairSetup& setup, lab::Run& run) {
    const PairSettings& config = setup.pair_settings();
    write_inputs(setup, run);

    std::vector<Job> jobs;
    for (study::Training& training : setup.trainings()) {
        jobs.push_back({.training = std::move(training), .end = {}});
    }
    const pairs::Task task = setup.make_data(jobs[0].training.seed).task;
    std::vector<double> costs;
    for (Job& job : jobs) {
        job.progress = &run.progress.add(job.training.name, config.train.steps);
        costs.push_back(
            static_cast<double>(models::count_parameters(setup.network(task, job.training))));
    }
    const bool is_small =
        config.train.batch_size > 0 &&
        setup.classifier<float>(jobs[0].training)->model().gradient_flops(config.train.batch_size) <
            kSmallStep;
    const double efficiency = is_small ? kSmallEfficiency : kEfficiency;
    const int threads = lab::usable_threads(config.threads);
    lab::run_side_by_side(costs, threads, efficiency, [&](std::size_t i, int inside) {
        Job& job = jobs[i];
        if (lab::is_interrupted()) {
            job.end.kind = lab::TrainEnd::Kind::interrupted;
            return;
        }
        lab::with_precision(config.precision,
                            [&]<class Scalar>() { train_one<Scalar>(setup, job, run, inside); });
    });

    TrainedRun trained;
    for (const Job& job : jobs) {
        if (job.end.kind == lab::TrainEnd::Kind::interrupted) throw lab::Interrupted();
        // One that is not finite at step 0 leaves nothing to look at.
        if (!run.folder.checkpoints(job.training.name).empty())
            trained.trainings.push_back(job.training);
        if (job.end.kind != lab::TrainEnd::Kind::diverged) continue;
        run.log.warn(job.end.reason);
        if (trained.diverged.empty()) trained.diverged = job.end.reason;
    }
    join_task_tables(run.folder, jobs);
    return trained;
}

std::vector<lab::Estimate> estimate(const PairSetup& setup) {
    constexpr double kFlopsPerSecond = 4e10;  // of one core of a laptop, in float
    constexpr double kProducts = 200;  // of Lanczos at a visit, two gradients each, in double
    const PairSettings& config = setup.pair_settings();
    const bool has_curvature = !config.curvature.quantities.empty();
    std::vector<lab::Estimate> rows;
    for (const study::Training& training : setup.trainings()) {
        const auto net = setup.pair_classifier<float>(training);
        const Index samples = net->samples(study::Part::train);
        const Index batch = config.train.batch_size == 0 ? samples : config.train.batch_size;
        const auto steps = static_cast<double>(config.train.steps);
        const double visits = steps / static_cast<double>(config.curvature.every) + 1;
        const double products =
            has_curvature
                ? visits * (kProducts + static_cast<double>(config.curvature.power_rounds))
                : 0;
        const double flops = steps * net->model().gradient_flops(batch) +
                             4 * products * net->model().gradient_flops(samples);
        rows.push_back({training.name, net->model().size(), config.train.steps,
                        static_cast<double>(net->model().size()) * 8 * (has_curvature ? 200 : 8),
                        flops / kFlopsPerSecond});
    }
    return rows;
}

}  // namespace dualtape::pair_study
