#pragma once
// Least-squares probes: ridge regression on labels -1 and +1, for many labellings of the same
// samples at once.

#include <cstdint>
#include <vector>

#include "experiments/analyses/probes/probe_protocol.h"

namespace dualtape::analyses {

// The scores on the held-out samples of a probe for each labelling: features standardised on the
// training samples, of settings.penalties that of the least squared error left out on them, answer
// 1 above the middle between the classes' mean values left out: classes count alike, as otherwise a
// rare one would never be answered. The values are no log-odds: bits_gained is NaN.
//   features: F x N; labellings: N labels of 0 and 1 each; training, held_out: samples
// Cost: an eigendecomposition of the training samples, and for every penalty and labelling
// 2 F N flops. Throws std::invalid_argument as run_probe, and for a penalty that is not positive.
std::vector<Scores> score_least_squares(In<Mat<double>> features,
                                        const std::vector<std::vector<std::int32_t>>& labellings,
                                        const std::vector<Index>& training,
                                        const std::vector<Index>& held_out,
                                        const ProbeProtocol& settings);

}  // namespace dualtape::analyses
