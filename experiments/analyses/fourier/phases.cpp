#include "experiments/analyses/fourier/phases.h"

#include <algorithm>
#include <cmath>

#include "experiments/lab/require.h"
#include "experiments/statistics/training_measures.h"

namespace dualtape::analyses {

namespace {

constexpr Index kReach = 2;          // running median of 5
constexpr double kSmallest = 1e-12;  // loss; far below what float training can tell from 0
constexpr double kFall = 0.5;        // of log10 test loss: the smallest that counts as a drop
constexpr double kFlattening = 0.5;

std::vector<double> smooth_log(const std::vector<double>& curve, std::size_t size,
                               const char* name) {
    if (curve.size() != size) {
        lab::refuse("detect_phases", std::string(name) + " has " + std::to_string(curve.size()) +
                                         " values for " + std::to_string(size) +
                                         " steps; log all curves at the same steps");
    }
    std::vector<double> logs;
    for (const double value : curve) {
        if (!std::isfinite(value) || value < 0) {
            lab::refuse("detect_phases", std::string(name) + " contains " + std::to_string(value) +
                                             "; cut the curves before the training diverged");
        }
        logs.push_back(std::log10(std::max(value, kSmallest)));
    }
    return statistics::running_median(logs, kReach);
}

// All curves, smoothed, as log10.
struct Logs {
    std::vector<double> step, test, restricted, excluded, weights;

    std::size_t at(double wanted) const {
        const auto found = std::lower_bound(step.begin(), step.end(), wanted);
        return std::min(step.size() - 1, static_cast<std::size_t>(found - step.begin()));
    }
};

Logs read(const ProgressCurves& curves) {
    const std::size_t size = curves.step.size();
    if (curves.train_accuracy.size() != size || size == 0) {
        lab::refuse("detect_phases",
                    "train accuracy has " + std::to_string(curves.train_accuracy.size()) +
                        " values for " + std::to_string(size) + " steps; give as many, and some");
    }
    for (std::size_t i = 1; i < size; ++i) {
        if (curves.step[i] <= curves.step[i - 1])
            lab::refuse("detect_phases", "steps must rise; sort the logs");
    }
    return {curves.step, smooth_log(curves.test_loss, size, "test loss"),
            smooth_log(curves.restricted_loss, size, "restricted loss"),
            smooth_log(curves.excluded_loss, size, "excluded loss"),
            smooth_log(curves.sum_of_squares, size, "sum of squares")};
}

// The broken line through logs [first, last] of a curve; empty when they are too few.
std::optional<statistics::BrokenLine> fit(const Logs& logs, const std::vector<double>& curve,
                                          std::size_t first, std::size_t last, Index num_knots,
                                          const PhaseSettings& settings) {
    statistics::BrokenLineSettings line;
    line.num_knots = num_knots;
    line.resamples = settings.resamples;
    line.seed = settings.seed;
    line.index = static_cast<std::uint64_t>(num_knots);
    const std::size_t stride =
        std::max<std::size_t>(1, (last - first) / static_cast<std::size_t>(settings.most_points));
    std::vector<double> x, y;
    for (std::size_t i = first; i <= last; i += stride) {
        x.push_back(logs.step[i]);
        y.push_back(curve[i]);
    }
    if (static_cast<Index>(x.size()) < line.fewest_points * (num_knots + 1)) return std::nullopt;
    return statistics::fit_broken_line(x, y, line);
}

Phase describe(const Logs& logs, std::string name, double from, double to) {
    Phase phase{std::move(name), from, to};
    const std::size_t i = logs.at(from);
    const std::size_t k = logs.at(to);
    phase.test_loss = logs.test[k] - logs.test[i];
    phase.restricted_loss = logs.restricted[k] - logs.restricted[i];
    phase.excluded_loss = logs.excluded[k] - logs.excluded[i];
    phase.sum_of_squares = logs.weights[k] - logs.weights[i];
    return phase;
}

void find_cleanup(TrainingPhases& found, const Logs& logs, const PhaseSettings& settings) {
    const auto through = [&](Index num_knots) {
        return fit(logs, logs.test, logs.at(*found.memorised), logs.step.size() - 1, num_knots,
                   settings);
    };
    const auto is_fall = [](const statistics::BrokenLine& line) {
        return line.heights[1] - line.heights[2] >= kFall && line.slopes[1] < line.slopes[0];
    };
    const auto two = through(2);
    if (!two) return;
    if (is_fall(*two) && two->slopes[2] > kFlattening * two->slopes[1]) {
        found.cleanup_begins = two->knots[0];
        found.cleanup_ends = two->knots[1];
        return;
    }
    // A fall that lasts to the end has one knot; the second would follow the noise.
    const auto one = through(1);
    if (is_fall(*one)) found.cleanup_begins = one->knots[0];
}

void find_circuit(TrainingPhases& found, const Logs& logs, const PhaseSettings& settings) {
    const auto line = fit(logs, logs.excluded, 0, logs.at(found.cleanup_begins->x), 1, settings);
    if (!line || line->slopes[1] <= 0 || line->slopes[0] >= line->slopes[1]) return;
    found.circuit_begins = line->knots[0];
}

}  // namespace

TrainingPhases detect_phases(const ProgressCurves& curves, const PhaseSettings& settings) {
    if (settings.most_points < 9) {
        lab::refuse("detect_phases", "most_points = " + std::to_string(settings.most_points) +
                                         " leaves too few for three segments; use 9 or more");
    }
    const Logs logs = read(curves);
    TrainingPhases found;
    found.memorised =
        statistics::first_confirmed(curves.step, curves.train_accuracy, statistics::kMemorised);
    if (!found.memorised) return found;
    find_cleanup(found, logs, settings);
    if (found.cleanup_begins) find_circuit(found, logs, settings);

    // Memorisation ends where circuits begin; where no such point was found, when it is complete.
    const double first = logs.step.front();
    const double formation = found.circuit_begins ? found.circuit_begins->x : *found.memorised;
    found.phases.push_back(describe(logs, "memorisation", first, formation));
    found.phases.back().is_as_defined = true;
    if (!found.cleanup_begins) return found;
    const double cleanup = found.cleanup_begins->x;
    Phase circuit = describe(logs, "circuit formation", formation, cleanup);
    circuit.is_as_defined = circuit.excluded_loss > 0 && circuit.restricted_loss < 0;
    found.phases.push_back(circuit);
    const double end = found.cleanup_ends ? found.cleanup_ends->x : logs.step.back();
    Phase cleaning = describe(logs, "cleanup", cleanup, end);
    cleaning.is_as_defined = cleaning.test_loss < 0 && cleaning.sum_of_squares < 0;
    found.phases.push_back(cleaning);
    return found;
}

}  // namespace dualtape::analyses
