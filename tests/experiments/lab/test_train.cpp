// The training loop: resumed, interrupted and diverged trainings, minibatches, checkpoints.
#include "experiments/lab/train.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <numeric>
#include <set>

#include <doctest/doctest.h>

#include "experiments/lab/interrupt.h"
#include "experiments/lab/manifest.h"
#include "experiments/lab/options.h"
#include "experiments/lab/safetensors.h"
#include "experiments/lab/table.h"
#include "experiments/pairs/pair_classifier.h"
#include "models/initialise.h"
#include "tests/support/lab.h"

namespace dualtape::lab {
namespace {

constexpr const char* kTask = "depth2-seed0";

// A small training in a run folder; every call of run() is a program of its own.
template <class Scalar>
struct Experiment {
    explicit Experiment(std::filesystem::path folder) : path(std::move(folder)) {
        settings.steps = 30;
        settings.log = {.every = 3};
        settings.visits = {.every = 7};
        settings.optimiser.learning_rate = 0.01;
        settings.optimiser.weight_decay = 0.1;
        task = pairs::make_task({.p = 7});
        split = pairs::make_split(task, {.train_fraction = 0.6});
        models::MlpSettings network;
        network.modulus = network.num_classes = 7;
        network.width = 9;
        network.depth = 2;
        net = std::make_unique<pairs::PairClassifier<Scalar>>(network, task, split);
    }

    TrainEnd run(bool is_resumed, int threads = 1, std::int64_t interrupt_at = -1,
                 bool in_visit = false) {
        Options options;
        options.group("train", "Training");
        options.add("steps", settings.steps, "");
        const RunFolder folder({.program = "test",
                                .recipe = "default",
                                .seed = 0,
                                .root = "runs",
                                .out = path,
                                .resume = is_resumed,
                                .force = !is_resumed,
                                .time = "20260101-000000"},
                               options);
        Manifest manifest;  // a run folder without one is not taken up again
        manifest.start({.program = "test"}, folder.file("manifest.json"), is_resumed);
        manifest.write("started", "", {});
        std::ostringstream out;
        Log log(out, true);
        Progress progress(out, Progress::Style::quiet, [] { return 0.0; });
        TrainTask<Scalar> train_task{.name = kTask,
                                     .model = &net->model(),
                                     .parameters = &net->parameters(),
                                     .batch = net->batch(study::Part::train),
                                     .theta = models::initialise<Scalar>(net->parameters(), {}, 0),
                                     .seed = 0,
                                     .threads = threads};
        std::optional<TableWriter> table;
        TrainHooks<Scalar> hooks;
        hooks.tables = {folder.task_file(kTask, "metrics.tsv")};
        hooks.begin = [&](std::int64_t step) {
            started_from = step;
            if (begin_fails && step >= 0) return false;
            table.emplace(folder.task_file(kTask, "metrics.tsv"),
                          std::vector<std::string>{"step", "norm"}, TableWriter::Mode::append);
            return true;
        };
        hooks.log = [&](const TrainState<Scalar>& state) {
            table->add_row({state.step, state.theta.template cast<double>().norm()});
            if (!in_visit && state.step == interrupt_at) request_interrupt();
        };
        hooks.visit = [&](const TrainState<Scalar>& state) {
            if (in_visit && state.step == interrupt_at) {
                request_interrupt();
                return false;
            }
            visited.insert(state.step);
            return true;
        };
        const TrainEnd end =
            train(settings, train_task, hooks, folder, log, progress.add(kTask, settings.steps));
        clear_interrupt();
        warnings = log.warnings();
        return end;
    }
    std::string file(const std::string& name) const {
        return slurp(path / "checkpoints" / kTask / name);
    }
    std::set<std::string> files() const {
        std::set<std::string> names;
        for (const auto& entry :
             std::filesystem::directory_iterator(path / "checkpoints" / kTask)) {
            names.insert(entry.path().filename().string());
        }
        return names;
    }
    std::string last_checkpoint() const { return file("step-00000030.safetensors"); }

    std::filesystem::path path;
    TrainSettings settings;
    pairs::Task task;
    pairs::Split split;
    std::unique_ptr<pairs::PairClassifier<Scalar>> net;
    std::int64_t started_from = -2;
    bool begin_fails = false;
    std::set<std::int64_t> visited;
    std::vector<std::string> warnings;
};

}  // namespace

TEST_CASE("a training logs and visits at its cadence, step 0 and the last step included") {
    const Cadence cadence{.every = 100, .phase = 1};
    CHECK(cadence.contains(0, 250));
    CHECK(cadence.contains(1, 250));
    CHECK(cadence.contains(101, 250));
    CHECK(cadence.contains(250, 250));
    CHECK(!cadence.contains(100, 250));
    CHECK(Cadence{.every = 100}.contains(200, 250));

    // 1000^(i / 3): 10, 100, 1000; and no other step, however long the training.
    const Cadence spaced{.every = 0, .log_spaced = 3};
    CHECK(spaced.steps(1000) == std::vector<std::int64_t>{0, 10, 100, 1000});
    for (const std::int64_t last : {1, 2, 3, 157000}) {
        for (const std::int64_t count : {1, 7, 20}) {
            std::set<std::int64_t> expected{0, last};
            for (std::int64_t i = 1; i <= count; ++i) {
                const double exponent = static_cast<double>(i) / static_cast<double>(count);
                expected.insert(std::llround(std::pow(static_cast<double>(last), exponent)));
            }
            const std::vector<std::int64_t> steps =
                Cadence{.every = 0, .log_spaced = count}.steps(last);
            CHECK(std::set<std::int64_t>(steps.begin(), steps.end()) == expected);
        }
    }

    TemporaryFolder folder;
    Experiment<float> experiment(folder / "a");
    CHECK(experiment.run(false).kind == TrainEnd::Kind::done);
    CHECK(experiment.visited == std::set<std::int64_t>{0, 7, 14, 21, 28, 30});
    CHECK(read_table(folder / "a/checkpoints/depth2-seed0/metrics.tsv").num_rows() == 11);
}

TEST_CASE("a cadence tells about how many of its steps are left") {
    for (const auto& cadence : {Cadence{.every = 7}, Cadence{.every = 10, .phase = 3}}) {
        const auto steps = cadence.steps(100);
        for (const std::int64_t first : {0, 1, 50, 99, 100}) {
            const auto left = std::count_if(steps.begin(), steps.end(),
                                            [&](std::int64_t step) { return step >= first; });
            CHECK(std::abs(cadence.about(first, 100) - left) <= 2);
        }
    }
    CHECK(Cadence{.every = 1}.about(0, 1'000'000'000'000) == 1'000'000'000'001);
}

TEST_CASE("an interrupted and resumed training ends with the bytes of an unbroken one") {
    for (const std::int64_t batch_size : {0, 8}) {
        TemporaryFolder folder;
        Experiment<float> unbroken(folder / "a");
        unbroken.settings.batch_size = batch_size;
        REQUIRE(unbroken.run(false).kind == TrainEnd::Kind::done);
        // At a log, at a visit, and within a visit, which is then repeated.
        for (const auto& moment : {std::pair{15, false}, {21, false}, {14, true}}) {
            const std::int64_t step = moment.first;
            const bool in_visit = moment.second;
            INFO("batch ", batch_size, ", interrupted at ", step);
            Experiment<float> broken(folder / "b");
            broken.settings.batch_size = batch_size;
            const TrainEnd end = broken.run(false, 1, step, in_visit);
            CHECK(end.kind == TrainEnd::Kind::interrupted);
            CHECK(end.step == step);
            CHECK(broken.run(true).kind == TrainEnd::Kind::done);
            CHECK(broken.started_from == step);
            CHECK(broken.visited == unbroken.visited);
            CHECK(broken.last_checkpoint() == unbroken.last_checkpoint());
            CHECK(broken.file("metrics.tsv") == unbroken.file("metrics.tsv"));
            CHECK(broken.files() == unbroken.files());  // none of the interruption is left
        }
    }
}

TEST_CASE("a broken checkpoint is passed over for an earlier one, with a warning") {
    TemporaryFolder folder;
    Experiment<double> unbroken(folder / "a"), broken(folder / "b");
    unbroken.run(false);
    broken.run(false, 1, 18);
    spit(folder / "b/checkpoints/depth2-seed0/step-00000018.safetensors", "not a checkpoint");
    CHECK(broken.run(true).kind == TrainEnd::Kind::done);
    CHECK(broken.started_from == 14);
    REQUIRE(broken.warnings.size() == 1);
    CHECK(broken.warnings[0].find("step-00000018.safetensors") != std::string::npos);
    CHECK(broken.last_checkpoint() == unbroken.last_checkpoint());
    CHECK(broken.file("metrics.tsv") == unbroken.file("metrics.tsv"));
}

TEST_CASE("a checkpoint that does not fit is passed over with the reason, and the bytes stay") {
    const std::string folder_of = std::string("b/checkpoints/") + kTask + "/";
    const auto step_file = [&](int step) {
        const std::string digits = std::to_string(step);
        return folder_of + "step-" + std::string(8 - digits.size(), '0') + digits + ".safetensors";
    };
    struct Damage {
        const char* what;
        std::function<void(const TemporaryFolder&)> act;
        std::int64_t taken;  // the step that the training goes on from
        const char* reason;
    };
    const auto copy = [&](int from, int to) {
        return [=](const TemporaryFolder& folder) {
            std::filesystem::copy_file(folder / step_file(from), folder / step_file(to),
                                       std::filesystem::copy_options::overwrite_existing);
        };
    };
    const auto rewrite = [&](int step, auto change) {
        return [=](const TemporaryFolder& folder) {
            TensorFile file = read_tensors(folder / step_file(step));
            change(file);
            write_tensors(folder / step_file(step), file);
        };
    };
    const auto table = [&](auto change) {
        return [=](const TemporaryFolder& folder) {
            spit(folder / (folder_of + "metrics.tsv"),
                 change(slurp(folder / (folder_of + "metrics.tsv"))));
        };
    };
    const Damage damages[] = {
        {"the name of a later step", copy(14, 17), 15, "its step is 14, not 17"},
        {"the name of the newest one", copy(7, 15), 14, "its step is 7, not 15"},
        {"beyond the last step",
         [&](const TemporaryFolder& folder) {
             copy(15, 90)(folder);
             rewrite(90, [](TensorFile& file) { file.metadata["step"] = "90"; })(folder);
         },
         15, "lies beyond the last step, 30"},
        {"another training",
         rewrite(15, [](TensorFile& file) { file.metadata["training"] = "depth2-seed1"; }), 14,
         "its training is depth2-seed1, not depth2-seed0"},
        {"an earlier version, which did not name its tables",
         rewrite(15, [](TensorFile& file) { file.metadata.erase("tables"); }), 14,
         "no metadata \"tables\""},
        {"no rows", table([](const std::string&) { return std::string(); }), -1, "holds 0 bytes"},
        {"half of the rows",
         table([](const std::string& rows) { return rows.substr(0, rows.size() / 2); }), 0,
         "bytes of the"},
        {"the last row cut off",
         table([](const std::string& rows) { return rows.substr(0, rows.size() - 5); }), 14,
         "bytes of the"},
        {"a changed number early on", table([](std::string rows) {
             rows[rows.find("\n0\t") + 4] = 'x';
             return rows;
         }),
         -1, "was changed in rows"},
        {"a row of too many cells at the end",
         table([](const std::string& rows) { return rows + "15\t1\t2\t3\nhalf"; }), 15, ""},
    };
    for (const Damage& damage : damages) {
        INFO(damage.what);
        TemporaryFolder folder;
        Experiment<float> unbroken(folder / "a"), broken(folder / "b");
        REQUIRE(unbroken.run(false).kind == TrainEnd::Kind::done);
        REQUIRE(broken.run(false, 1, 15).kind == TrainEnd::Kind::interrupted);
        damage.act(folder);
        CHECK(broken.run(true).kind == TrainEnd::Kind::done);
        CHECK(broken.started_from == damage.taken);
        const std::string said = damage.taken < 0
                                     ? "the training starts anew"
                                     : "the checkpoint of step " + std::to_string(damage.taken);
        CHECK(broken.warnings.empty() == std::string(damage.reason).empty());
        for (const std::string& warning : broken.warnings) CHECK(contains(warning, said));
        if (!broken.warnings.empty()) CHECK(contains(broken.warnings[0], damage.reason));
        CHECK(broken.last_checkpoint() == unbroken.last_checkpoint());
        CHECK(broken.file("metrics.tsv") == unbroken.file("metrics.tsv"));
        CHECK(broken.files() == unbroken.files());
    }
}

TEST_CASE("an optimiser of a checkpoint that is passed over leaves no trace") {
    TemporaryFolder folder;
    Experiment<float> unbroken(folder / "a"), broken(folder / "b");
    unbroken.run(false);
    broken.run(false, 1, 15);
    broken.begin_fails = true;  // for every checkpoint, when theta and moments have been read
    CHECK(broken.run(true).kind == TrainEnd::Kind::done);
    CHECK(broken.started_from == -1);
    CHECK(broken.last_checkpoint() == unbroken.last_checkpoint());
    CHECK(broken.file("metrics.tsv") == unbroken.file("metrics.tsv"));
}

TEST_CASE("theta has the same bits for one and three threads, for every optimiser") {
    for (const char* optimiser : {"adam", "adamw", "sgd"}) {
        INFO(optimiser);
        TemporaryFolder folder;
        Experiment<float> one(folder / "a"), three(folder / "b");
        one.settings.optimiser.optimiser = three.settings.optimiser.optimiser = optimiser;
        one.run(false, 1);
        three.run(false, 3);
        CHECK(one.last_checkpoint() == three.last_checkpoint());
    }
}

TEST_CASE("a training that diverges names the step and the first node that is not finite") {
    TemporaryFolder folder;
    Experiment<float> experiment(folder / "a");
    experiment.settings.optimiser.optimiser = "sgd";
    experiment.settings.optimiser.learning_rate = 1e30;
    const TrainEnd end = experiment.run(false);
    CHECK(end.kind == TrainEnd::Kind::diverged);
    INFO(end.reason);
    CHECK(end.reason.find("depth2-seed0 diverged at step " + std::to_string(end.step)) == 0);
    CHECK(end.reason.find("first not finite: ") != std::string::npos);
    CHECK(end.reason.find("a smaller learning_rate may help") != std::string::npos);
    CHECK(!experiment.file("step-00000000.safetensors").empty());
}

TEST_CASE("checkpoints hold theta by name, weights as (outputs, inputs) row by row") {
    TemporaryFolder folder;
    Experiment<float> experiment(folder / "a");
    experiment.run(false);
    const TensorFile file =
        read_tensors(folder / "a/checkpoints/depth2-seed0/step-00000000.safetensors");
    const Vec<float> theta = models::initialise<float>(experiment.net->parameters(), {}, 0);
    CHECK(file.tensor("layers.0.weight").shape == std::vector<std::int64_t>{9, 14});
    CHECK(file.tensor("layers.0.bias").shape == std::vector<std::int64_t>{9});
    CHECK(file.tensor("layers.2.weight").shape == std::vector<std::int64_t>{7, 9});
    // Row-major in the file: entry (0, 1) of the first weight is the second number there, and
    // stands 9 entries into theta, where columns are contiguous.
    CHECK(file.values<float>("layers.0.weight")[1] == theta(9));
    CHECK(read_parameters<float>(file, experiment.net->parameters()) == theta);
    CHECK(file.text("step") == "0");
}

TEST_CASE("minibatches of an epoch are a permutation, and a function of the step alone") {
    BatchOrder order(23, 5, 1);
    std::vector<std::vector<std::int32_t>> batches;
    for (std::int64_t step = 1; step <= 10; ++step) {
        const auto batch = order.batch(step);
        batches.emplace_back(batch.begin(), batch.end());
    }
    CHECK(batches[4].size() == 3);  // 23 = 4 * 5 + 3
    for (const int epoch : {0, 1}) {
        std::set<std::int32_t> seen;
        for (int i = 0; i < 5; ++i) {
            const auto& batch = batches[static_cast<std::size_t>(5 * epoch + i)];
            seen.insert(batch.begin(), batch.end());
        }
        CHECK(seen.size() == 23);
    }
    CHECK(batches[0] != batches[5]);
    BatchOrder again(23, 5, 1);
    const auto seventh = again.batch(7);
    CHECK(std::vector<std::int32_t>(seventh.begin(), seventh.end()) == batches[6]);
    CHECK_THROWS_WITH(BatchOrder(23, 24, 1),
                      "batch_size = 24 must be 1 to 23, the number of training samples, or 0 for "
                      "all of them");
}

TEST_CASE("the direction of an optimiser is that of its last step, and none before") {
    const Vec<double> first = Vec<double>::LinSpaced(5, -2, 3),
                      second = Vec<double>::LinSpaced(5, 1, 9);
    for (const auto& row : {std::pair{"adam", 0.0}, {"adamw", 0.0}, {"sgd", 0.9}, {"sgd", 0.0}}) {
        const auto& name = std::get<0>(row);
        const auto& momentum = std::get<1>(row);
        INFO(name, ", momentum ", momentum);
        OptimiserSettings settings;
        settings.optimiser = name;
        settings.momentum = momentum;
        Optimiser<double> optimiser(5, settings);
        CHECK(optimiser.direction().size() == 0);
        Vec<double> theta = Vec<double>::Ones(5);
        optimiser.step(theta, first, 0.01);
        const Vec<double> before = theta;
        optimiser.step(theta, second, 0.01);
        const Vec<double> direction = optimiser.direction(), step = before - theta;
        if (std::string(name) == "sgd" && momentum == 0) {
            CHECK(direction.size() == 0);
            continue;
        }
        REQUIRE(direction.size() == 5);
        CHECK((direction.normalized() - step.normalized()).norm() < 1e-12);
    }
}

TEST_CASE("optimiser settings out of range are refused") {
    OptimiserSettings settings;
    settings.optimiser = "adamwx";
    CHECK_THROWS_WITH(settings.check(),
                      "optimiser = \"adamwx\" is unknown; choose adam, adamw or sgd");
    settings.optimiser = "adam";
    settings.learning_rate = -1;
    CHECK_THROWS(settings.check());
}

}  // namespace dualtape::lab
