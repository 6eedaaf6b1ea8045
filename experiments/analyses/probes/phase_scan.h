#pragma once
// How well every frequency of an operand can be read from a node, by ridge regression.

#include <string>
#include <vector>

#include "experiments/analyses/probes/probe_settings.h"
#include "experiments/analyses/probes/probed_pairs.h"

namespace dualtape::analyses {

struct PhaseScan {
    // By frequency 1 .. floor(p / 2), left out one by one, at the penalty that is best for the
    // number; standardised on all samples. NaN: see note, or too few pairs to tell.
    std::vector<double> r2;       // R^2 of cos(2 pi k s / p) and sin(2 pi k s / p) together
    std::vector<double> wave_r2;  // of cos(2 pi k s / p + phi) with the phase phi that is read best
    std::string note{};
};

// One for each operand of the settings. features: F x N. A node that is not finite, as of a
// training that diverged, is noted; one without spread reads nothing and scores 0.
std::vector<PhaseScan> scan_phases(In<Mat<double>> features, const ProbedPairs& pairs,
                                   const ProbeSettings& settings);

}  // namespace dualtape::analyses
