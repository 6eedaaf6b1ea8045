#pragma once
// A run folder of circuit_emergence whose numbers are chosen instead of trained and probed.

#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "experiments/lab/table.h"
#include "experiments/study/recipe_match.h"
#include "tests/support/lab.h"

namespace dualtape::circuit_emergence {

struct FakeEmergence {
    std::string recipe = "quick";
    std::map<std::string, std::string> settings;  // as typed, on top of the recipe
    bool has_test = true;
    int steps = 1500, num_frequencies = 5;
    std::vector<int> widths{16, 128};
    int seeds = 3;
    bool is_seen = false;
    std::vector<std::string> nodes{"input",        "layers.0.pre",  "layers.0.post",
                                   "layers.1.pre", "layers.1.post", "logits"};
    std::vector<std::string> topics{"x_even", "sum_even"};
    std::vector<int> probed_steps{0, 500, steps};

    // Which probe, frequency or training a number is of.
    struct At {
        int width = 0, seed = 0, step = 0;
        std::string node{}, topic{}, control{}, protocol{};
    };
    std::function<double(const At&)> accuracy = [](const At&) { return 0.5; };
    std::function<double(const At&)> balanced_accuracy = [](const At&) { return 0.5; };
    std::function<double(const At&)> selectivity = [](const At&) { return 0.1; };
    double base_rate = 0.5165;
    std::function<double(const At&, int frequency)> r2 = [](const At&, int) { return 0.1; };
    // The step from which test accuracy is 1; past the end: never.
    std::function<double(int width, int seed)> t_gen = [](int, int) { return 500.0; };

    static FakeEmergence of_publication(int seeds) {
        FakeEmergence run;
        run.recipe = "literal";
        run.has_test = false;
        run.steps = 5000;
        run.probed_steps = {0, 5000};
        run.widths = {16, 32, 64, 128, 256};
        run.seeds = seeds;
        run.is_seen = true;
        return run;
    }
};

class FakeEmergenceWriter {
  public:
    FakeEmergenceWriter(const FakeEmergence& run, const std::filesystem::path& folder)
        : run_(run),
          metrics_(folder / "metrics.tsv", {"width", "seed", "step", "train_loss", "test_loss",
                                            "train_accuracy", "test_accuracy"}),
          probes_(folder / "probes.tsv", {"width",
                                          "seed",
                                          "step",
                                          "node",
                                          "concept",
                                          "control",
                                          "protocol",
                                          "n",
                                          "prevalence",
                                          "base_rate",
                                          "is_rare",
                                          "accuracy",
                                          "accuracy_low",
                                          "accuracy_high",
                                          "balanced_accuracy",
                                          "balanced_accuracy_low",
                                          "balanced_accuracy_high",
                                          "p_value_balanced_accuracy",
                                          "penalty",
                                          "num_unconverged",
                                          "seen_in_training",
                                          "note",
                                          "permutations",
                                          "roc_auc"}),
          selectivity_(folder / "probe_selectivity.tsv",
                       {"width", "seed", "step", "node", "concept", "selectivity",
                        "selectivity_low", "selectivity_high", "balanced_selectivity",
                        "balanced_selectivity_low", "balanced_selectivity_high"}),
          fourier_(folder / "fourier_probes.tsv",
                   {"width", "seed", "step", "node", "operand", "frequency", "r2", "wave_r2",
                    "untrained_r2", "untrained_wave_r2"}),
          erasure_(folder / "erasure.tsv", {"width", "seed", "step", "node", "concept", "direction",
                                            "before", "after", "change", "removed_variance"}) {}

    void write() {
        for (const int width : run_.widths) {
            for (int seed = 0; seed < run_.seeds; ++seed) {
                add_curve(width, seed);
                for (const int step : run_.probed_steps) {
                    for (const std::string& node : run_.nodes) {
                        add_node({.width = width, .seed = seed, .step = step, .node = node});
                    }
                }
            }
        }
        for (lab::TableWriter* table : {&metrics_, &probes_, &selectivity_, &fourier_, &erasure_}) {
            table->close();
        }
    }

  private:
    void add_curve(int width, int seed) {
        const bool has_test = run_.has_test;
        for (int step = 0; step <= run_.steps; step += 100) {
            const double test = step >= run_.t_gen(width, seed) ? 1.0 : 0.02;
            metrics_.add_row({width, seed, step, 0.1, has_test ? lab::Cell(1.0) : lab::Cell(),
                              step >= 100 ? 1.0 : 0.02, has_test ? lab::Cell(test) : lab::Cell()});
        }
    }

    void add_node(FakeEmergence::At at) {
        const bool is_last = at.step == run_.probed_steps.back();
        for (const std::string& topic : run_.topics) {
            at.topic = topic;
            add_score(at, "none", "held_out");
            if (!is_last) continue;
            for (const char* control : {"shuffled", "control_task", "untrained"}) {
                add_score(at, control, "held_out");
            }
            add_score(at, "none", "literal");
            add_score(at, "none", "literal_converged");
            const double of = run_.selectivity(at);
            selectivity_.add_row({at.width, at.seed, at.step, at.node, topic, of, of - 0.05,
                                  of + 0.05, of, of - 0.05, of + 0.05});
            add_erasures(at);
        }
        for (const char* operand : {"x", "sum"}) {
            at.topic = operand;
            for (int k = 1; k <= run_.num_frequencies; ++k) {
                fourier_.add_row({at.width, at.seed, at.step, at.node, operand, k, run_.r2(at, k),
                                  (1 + run_.r2(at, k)) / 2, is_last ? lab::Cell(0.0) : lab::Cell(),
                                  is_last ? lab::Cell(0.5) : lab::Cell()});
            }
        }
    }

    void add_score(FakeEmergence::At at, const char* control, const char* protocol) {
        at.control = control;
        at.protocol = protocol;
        const double accuracy = run_.accuracy(at), balanced = run_.balanced_accuracy(at);
        const bool has_interval = at.protocol == "held_out";
        const auto bound = [&](double x) { return has_interval ? lab::Cell(x) : lab::Cell(); };
        probes_.add_row({at.width,
                         at.seed,
                         at.step,
                         at.node,
                         at.topic,
                         control,
                         protocol,
                         1882,
                         0.5,
                         run_.base_rate,
                         0,
                         accuracy,
                         bound(accuracy - 0.01),
                         bound(accuracy + 0.01),
                         balanced,
                         bound(balanced - 0.01),
                         bound(balanced + 0.01),
                         1.0 / 21,
                         1,
                         0,
                         run_.is_seen,
                         "",
                         20,
                         0.5});
    }

    void add_erasures(const FakeEmergence::At& at) {
        if (at.node == "input") return;
        erasure_.add_row(
            {at.width, at.seed, at.step, at.node, at.topic, "probe", 1, 0.7, -0.3, 0.1});
        for (int direction = 0; direction < 20; ++direction) {
            erasure_.add_row({at.width, at.seed, at.step, at.node, at.topic, direction, 1,
                              1 - 0.001 * direction, -0.001 * direction, 0.01});
        }
    }

    const FakeEmergence& run_;
    lab::TableWriter metrics_, probes_, selectivity_, fourier_, erasure_;
};

inline void write_run(const FakeEmergence& run, const std::filesystem::path& folder) {
    study::ExperimentSettings of = study::settings_of_recipe("circuit_emergence", run.recipe);
    std::string widths;
    for (const int width : run.widths) {
        widths += (widths.empty() ? "" : ",") + std::to_string(width);
    }
    const auto set = [&](const std::string& key, const std::string& value) {
        of.options.find(key)->assign(value, key);
    };
    set("widths", widths);
    set("steps", std::to_string(run.steps));
    set("seeds", std::to_string(run.seeds));
    for (const auto& [key, value] : run.settings) set(key, value);
    lab::spit(folder / "config.toml", of.options.to_toml());
    FakeEmergenceWriter(run, folder).write();
}

}  // namespace dualtape::circuit_emergence
