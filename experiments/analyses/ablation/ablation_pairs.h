#pragma once
// Pairs of units ablated together: how far their effects are from adding up.

#include <vector>

#include "experiments/analyses/ablation/ablation.h"

namespace dualtape::analyses {

// D is ablated less clean, a mean over samples and draws.
struct PairAblation {
    Index first = 0, second = 0;  // units, first before second in the list that was given
    AblationMetrics change;       // D_ij
    // D_ij - D_i - D_j: 0 for units that act independently (always for the correct logit, which is
    // linear). Of the loss: positive when each stands in for the other, negative when the second
    // costs less once the first is gone.
    AblationMetrics interaction;
};

// All pairs of the listed units in the order (0,1), (0,2), .. (1,2), ..; usually the 32 most
// important ones. Cost: C N exponentials a pair and draw; a pair is a rank-2 update, and agrees
// with ablated_logits to 1e-10 relative to the logits. Same bits for any number of threads.
// Throws std::invalid_argument for units that do not exist or are listed twice.
std::vector<PairAblation> ablate_pairs(const ReadoutAblation& ablation,
                                       const std::vector<Index>& units, int threads);

}  // namespace dualtape::analyses
