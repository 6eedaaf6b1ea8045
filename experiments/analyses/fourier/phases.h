#pragma once
// The phases of grokking in one training: memorisation, circuit formation, cleanup.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/statistics/changepoints.h"

namespace dualtape::analyses {

// Progress measures as they were logged; all of the same length, steps rising. Losses in nats.
struct ProgressCurves {
    std::vector<double> step, train_accuracy, test_loss;
    std::vector<double> restricted_loss;  // of all pairs
    std::vector<double> excluded_loss;    // without all keys
    std::vector<double> sum_of_squares;   // of the weights
};

struct PhaseSettings {
    Index resamples = 500;    // of the bootstrap
    Index most_points = 200;  // curves with more logs are thinned evenly, after smoothing
    std::uint64_t seed = 0;   // of the stream "bootstrap"
};

// What changed from one boundary to the next, as differences of log10 of the smoothed curves.
struct Phase {
    std::string name;  // memorisation, circuit formation, cleanup
    double from = 0, to = 0;
    double test_loss = 0, restricted_loss = 0, excluded_loss = 0, sum_of_squares = 0;
    // Whether the changes are those that define the phase. Circuit formation: excluded loss rises,
    // restricted loss falls. Cleanup: test loss and sum of squares fall. Memorisation: always.
    bool is_as_defined = false;
};

// A boundary that was not found is empty, and the phases after it are not listed.
struct TrainingPhases {
    std::optional<double> memorised;                 // first confirmed train accuracy of 0.99
    std::optional<statistics::Knot> circuit_begins;  // excluded loss turns from falling to rising
    std::optional<statistics::Knot> cleanup_begins;  // test loss begins its steepest fall
    std::optional<statistics::Knot> cleanup_ends;  // that fall flattens; empty: it lasts to the end
    std::vector<Phase> phases;                     // the last may end with the log
};

// Boundaries are knots of broken lines through log10 of the curves after a running median of 5:
//   test loss from t_mem on, two knots: begin and end of cleanup. Found if the middle segment is
//     steeper than the first, falls by 0.5 or more, and the last falls less than half as fast.
//     Else one knot: a fall of 0.5 or more that lasts to the end of the log has no end.
//   excluded loss from the start to the beginning of cleanup, one knot: circuits begin to form.
//     Found if the second segment rises and the first does not rise faster.
// Losses below 1e-12 count as 1e-12: logarithms of exact zeros would be infinite. Lines are
// straight in steps, so phases should take a number of logs each.
// Throws std::invalid_argument when the curves differ in length or are empty, a value is negative
// or not finite, steps do not rise, or most_points is below 9. Fewer than nine logs after t_mem:
// nothing is found. Source of the phases: Nanda et al. 2023, arXiv 2301.05217; the detection is
// ours.
TrainingPhases detect_phases(const ProgressCurves& curves, const PhaseSettings& settings);

}  // namespace dualtape::analyses
