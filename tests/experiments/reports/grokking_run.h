#pragma once
// A run folder of grokking_hessian whose numbers are chosen instead of trained.

#include <functional>
#include <string>

#include "experiments/lab/table.h"
#include "tests/support/lab.h"

namespace dualtape::reports {

struct FakeTraining {
    // Steps from which train accuracy is 1, and test accuracy `late_accuracy`; past the end: never.
    double t_mem = 100, t_gen = 1e9;
    double late_accuracy = 1;
    double train_loss = 0.01, test_loss = 1;
    std::function<double(double step)> lambda_max = [](double) { return 1.0; };
};

struct FakeRun {
    std::string input = "one_hot", optimiser = "adamw";
    double p = 59, train_fraction = 0.5, learning_rate = 0.01, weight_decay = 1;
    int steps = 2000, log_every = 100, visit_every = 1000;
    std::vector<int> depths{1, 2};
    int seeds = 1;
    std::function<FakeTraining(int depth, int seed)> training = [](int, int) {
        return FakeTraining{};
    };

    static FakeRun of_publication(int seeds) {
        FakeRun run;
        run.input = "raw";
        run.optimiser = "adam";
        run.p = 97;
        run.train_fraction = 0.1;
        run.learning_rate = 1e-3;
        run.weight_decay = 0;
        run.steps = 10000;
        run.depths = {1, 2, 3, 4, 5};
        run.seeds = seeds;
        return run;
    }
};

inline void write_run(const FakeRun& run, const std::filesystem::path& folder) {
    const auto number = [](double x) { return lab::format_number(x); };
    lab::spit(folder / "config.toml",
              "precision = \"float\"\n[task]\noperation = \"add\"\np = " + number(run.p) +
                  "\ntrain_fraction = " + number(run.train_fraction) + "\n[model]\ninput = \"" +
                  run.input +
                  "\"\nwidth = 128\nactivation = \"relu\"\ninit = \"torch_default\"\n"
                  "[optimiser]\noptimiser = \"" +
                  run.optimiser + "\"\nlearning_rate = " + number(run.learning_rate) +
                  "\nweight_decay = " + number(run.weight_decay) +
                  "\nwarm_up = 0\n[train]\nsteps = " + std::to_string(run.steps) +
                  "\nbatch_size = 0\nlog_every = " + std::to_string(run.log_every) +
                  "\n[curvature]\ncurvature_every = " + std::to_string(run.visit_every) + "\n");
    lab::TableWriter metrics(folder / "metrics.tsv",
                             {"depth", "seed", "step", "train_loss", "test_loss", "train_accuracy",
                              "test_accuracy", "gradient_norm"});
    lab::TableWriter curvature(folder / "curvature.tsv",
                               {"depth", "seed", "step", "lambda_max", "status", "products"});
    for (const int depth : run.depths) {
        for (int seed = 0; seed < run.seeds; ++seed) {
            const FakeTraining training = run.training(depth, seed);
            for (int step = 0; step <= run.steps; step += run.log_every) {
                metrics.add_row({depth, seed, step, training.train_loss, training.test_loss,
                                 step >= training.t_mem ? 1.0 : 0.1,
                                 step >= training.t_gen ? training.late_accuracy : 0.02, 1.0});
            }
            for (int step = 0; step <= run.steps; step += run.visit_every) {
                curvature.add_row({depth, seed, step, training.lambda_max(step), "converged", 100});
            }
        }
    }
    metrics.close();
    curvature.close();
}

}  // namespace dualtape::reports
