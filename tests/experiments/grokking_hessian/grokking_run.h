#pragma once
// A run folder of grokking_hessian whose numbers are chosen instead of trained.

#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include "experiments/lab/table.h"
#include "experiments/study/recipe_match.h"
#include "tests/support/lab.h"

namespace dualtape::grokking_hessian {

struct FakeTraining {
    // Steps from which train accuracy is 1, and test accuracy `late_accuracy`; past the end: never.
    double t_mem = 100, t_gen = 1e9;
    double late_accuracy = 1;
    double train_loss = 0.01, test_loss = 1;
    int end = 1 << 30;  // the last step it gets to, should it diverge
    std::function<double(double step)> lambda_max = [](double) { return 1.0; };
};

struct FakeRun {
    std::string recipe = "quick";
    std::map<std::string, std::string> settings;  // as typed, on top of the recipe
    int steps = 1500, log_every = 10, visit_every = 250;
    std::vector<int> depths{1, 2};
    int seeds = 1;
    std::function<FakeTraining(int depth, int seed)> training = [](int, int) {
        return FakeTraining{};
    };
    // Of the leading eigenvectors of two visits; visits checked against the dense Hessian.
    std::function<double(int step, int other)> overlap = [](int, int) { return 1.0; };
    std::function<bool(int step)> is_dense = [](int) { return false; };

    static FakeRun of_publication(int seeds) {
        FakeRun run;
        run.recipe = "literal";
        run.steps = 10000;
        run.log_every = 100;
        run.visit_every = 1000;
        run.depths = {1, 2, 3, 4, 5};
        run.seeds = seeds;
        return run;
    }
};

inline void write_settings(const FakeRun& run, const std::filesystem::path& folder) {
    study::ExperimentSettings of = study::settings_of_recipe("grokking_hessian", run.recipe);
    std::string depths;
    for (const int depth : run.depths) {
        depths += (depths.empty() ? "" : ",") + std::to_string(depth);
    }
    const auto set = [&](const std::string& key, const std::string& value) {
        of.options.find(key)->assign(value, key);
    };
    set("depths", depths);
    set("steps", std::to_string(run.steps));
    set("log_every", std::to_string(run.log_every));
    set("curvature_every", std::to_string(run.visit_every));
    set("seeds", std::to_string(run.seeds));
    for (const auto& [key, value] : run.settings) set(key, value);
    lab::spit(folder / "config.toml", of.options.to_toml());
}

inline void write_run(const FakeRun& run, const std::filesystem::path& folder) {
    write_settings(run, folder);
    lab::TableWriter metrics(folder / "metrics.tsv",
                             {"depth", "seed", "step", "train_loss", "test_loss", "train_accuracy",
                              "test_accuracy", "gradient_norm"});
    lab::TableWriter curvature(folder / "curvature.tsv",
                               {"depth", "seed", "step", "lambda_max", "status", "products",
                                "worst_relative_residual", "power_residual", "dense_difference"});
    lab::TableWriter overlap(folder / "overlap.tsv",
                             {"depth", "seed", "step", "other_step", "overlap"});
    lab::TableWriter(folder / "eigenvalues.tsv",
                     {"depth", "seed", "step", "end", "rank", "value", "bound"})
        .close();
    for (const int depth : run.depths) {
        for (int seed = 0; seed < run.seeds; ++seed) {
            const FakeTraining training = run.training(depth, seed);
            for (int step = 0; step <= std::min(run.steps, training.end); step += run.log_every) {
                metrics.add_row({depth, seed, step, training.train_loss, training.test_loss,
                                 step >= training.t_mem ? 1.0 : 0.1,
                                 step >= training.t_gen ? training.late_accuracy : 0.02, 1.0});
            }
            for (int step = 0; step <= std::min(run.steps, training.end); step += run.visit_every) {
                curvature.add_row({depth, seed, step, training.lambda_max(step), "converged", 100,
                                   1e-4, 1e-4, run.is_dense(step) ? lab::Cell(0.0) : lab::Cell()});
                for (int other = 0; other <= step; other += run.visit_every) {
                    overlap.add_row(
                        {depth, seed, step, other, other == step ? 1.0 : run.overlap(step, other)});
                }
            }
        }
    }
    metrics.close();
    curvature.close();
    overlap.close();
}

}  // namespace dualtape::grokking_hessian
