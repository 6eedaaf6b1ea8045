#pragma once
// When a training memorised, when it generalised, and where its loss spiked.

#include <optional>
#include <string>
#include <vector>

#include "engine/core/types.h"

namespace dualtape::statistics {

// One training as it was logged; all of the same length, steps increasing.
struct LearningCurve {
    std::vector<double> step, train_loss, test_loss, train_accuracy, test_accuracy;
};

// The first logged step from which the value is at least `level` in that log and the next two.
// Empty when there is none: then the time is censored at the last logged step. A rise in the last
// two logs is not confirmed. NaN is below every level.
std::optional<double> first_confirmed(const std::vector<double>& step,
                                      const std::vector<double>& value, double level);

// Levels of accuracy that count as memorised and generalised.
inline constexpr double kMemorised = 0.99;
inline constexpr double kGeneralised = 0.95;
inline constexpr double kGrokkedPublished = 0.90;  // of the sharpness-against-depth experiment

struct TrainingMeasures {
    std::optional<double> t_mem;   // train accuracy >= 0.99
    std::optional<double> t_gen;   // test accuracy >= 0.95
    std::optional<double> t_grok;  // test accuracy >= 0.90
    std::optional<double> delay;   // t_gen - t_mem, at least 0; empty when either is censored
    double censored_at = 0;        // the last logged step
    // not fitted; memorised (never generalised); immediate (t_gen < 2 t_mem, or test accuracy at
    // t_mem >= 0.5); grokked.
    std::string run_class;
    double best_test_accuracy = 0;
    double generalisation_gap = 0;  // train less test accuracy at the end
};

// Throws std::invalid_argument when the curve is empty or its columns differ in length.
TrainingMeasures measure_training(const LearningCurve& curve);

struct Spike {
    double step = 0;
    double loss = 0;
    double height = 0;  // loss over the running median
};

// Logs whose train loss exceeds three times the median of the 50 logs before them (of all before
// them when there are fewer, and at least 5). Consecutive logs are one spike, at its highest.
std::vector<Spike> find_spikes(const std::vector<double>& step, const std::vector<double>& loss);

// Test accuracy that rises by more than 0.3 from one log to the next.
struct Jump {
    double step = 0;
    double from = 0, to = 0;
};
std::vector<Jump> find_jumps(const std::vector<double>& step, const std::vector<double>& accuracy);

}  // namespace dualtape::statistics
