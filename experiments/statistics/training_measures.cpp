#include "experiments/statistics/training_measures.h"

#include <algorithm>
#include <stdexcept>

#include "experiments/statistics/statistics.h"

namespace dualtape::statistics {

namespace {

constexpr std::size_t kConfirmations = 2;
constexpr std::size_t kMedianLogs = 50;
constexpr std::size_t kFewestLogs = 5;
constexpr double kSpikeHeight = 3;
constexpr double kJump = 0.3;

void check_lengths(const LearningCurve& curve) {
    const std::size_t size = curve.step.size();
    if (size == 0 || curve.train_accuracy.size() != size || curve.test_accuracy.size() != size) {
        throw std::invalid_argument(
            "measure_training: the curve needs a step, and as many accuracies as steps");
    }
}

double value_at(const std::vector<double>& step, const std::vector<double>& value, double at) {
    const auto found = std::lower_bound(step.begin(), step.end(), at);
    return value[static_cast<std::size_t>(found - step.begin())];
}

}  // namespace

std::optional<double> first_confirmed(const std::vector<double>& step,
                                      const std::vector<double>& value, double level) {
    std::size_t run = 0;  // logs in a row that reach the level
    for (std::size_t i = 0; i < value.size(); ++i) {
        run = value[i] >= level ? run + 1 : 0;
        if (run == kConfirmations + 1) return step[i - kConfirmations];
    }
    return std::nullopt;
}

TrainingMeasures measure_training(const LearningCurve& curve) {
    check_lengths(curve);
    TrainingMeasures measures;
    measures.t_mem = first_confirmed(curve.step, curve.train_accuracy, kMemorised);
    measures.t_gen = first_confirmed(curve.step, curve.test_accuracy, kGeneralised);
    measures.t_grok = first_confirmed(curve.step, curve.test_accuracy, kGrokkedPublished);
    measures.censored_at = curve.step.back();
    measures.generalisation_gap = curve.train_accuracy.back() - curve.test_accuracy.back();
    for (const double accuracy : curve.test_accuracy) {
        measures.best_test_accuracy = std::max(measures.best_test_accuracy, accuracy);
    }
    if (!measures.t_mem) {
        measures.run_class = "not fitted";
        return measures;
    }
    if (!measures.t_gen) {
        measures.run_class = "memorised";
        return measures;
    }
    measures.delay = std::max(0.0, *measures.t_gen - *measures.t_mem);
    const bool is_immediate = *measures.t_gen < 2 * *measures.t_mem ||
                              value_at(curve.step, curve.test_accuracy, *measures.t_mem) >= 0.5;
    measures.run_class = is_immediate ? "immediate" : "grokked";
    return measures;
}

std::vector<Spike> find_spikes(const std::vector<double>& step, const std::vector<double>& loss) {
    std::vector<Spike> spikes;
    bool is_inside = false;
    for (std::size_t i = kFewestLogs; i < loss.size(); ++i) {
        const std::size_t first = i > kMedianLogs ? i - kMedianLogs : 0;
        const double usual = statistics::median({loss.begin() + static_cast<std::ptrdiff_t>(first),
                                                 loss.begin() + static_cast<std::ptrdiff_t>(i)});
        const double height = loss[i] / usual;
        const bool is_spike = height > kSpikeHeight;
        if (is_spike && !is_inside) {
            spikes.push_back({step[i], loss[i], height});
        } else if (is_spike && height > spikes.back().height) {
            spikes.back() = {step[i], loss[i], height};
        }
        is_inside = is_spike;
    }
    return spikes;
}

std::vector<Jump> find_jumps(const std::vector<double>& step, const std::vector<double>& accuracy) {
    std::vector<Jump> jumps;
    for (std::size_t i = 1; i < accuracy.size(); ++i) {
        if (accuracy[i] - accuracy[i - 1] > kJump) {
            jumps.push_back({step[i], accuracy[i - 1], accuracy[i]});
        }
    }
    return jumps;
}

}  // namespace dualtape::statistics
