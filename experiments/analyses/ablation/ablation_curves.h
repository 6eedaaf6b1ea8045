#pragma once
// Metrics against the number of ablated units: most important first, least important first, or in
// random order as a control.

#include <cstdint>
#include <vector>

#include "experiments/analyses/ablation/ablation.h"

namespace dualtape::analyses {

// Metrics of the ablated network (not changes), point by point.
struct AblationCurve {
    std::vector<Index> num_ablated;        // increasing
    std::vector<AblationMetrics> metrics;  // divergence: from the clean network
};

// 0, 1, .. F: every point of a curve.
std::vector<Index> all_counts(Index neurons);

// Ablates the first k units of `order`, for every k of `counts`. Top-k first: the ranking by
// importance (importance.h); bottom-k first: the same reversed. order: distinct units, F or fewer;
// counts: increasing, from 0 to the length of the order.
// Cost: C N exponentials a count and draw; each unit is one rank-1 update of the logits. Agrees
// with ablated_logits to 1e-10 relative to the logits. Same bits for any number of threads.
// Throws std::invalid_argument for units and counts that break these rules.
AblationCurve cumulative_ablation(const ReadoutAblation& ablation, const std::vector<Index>& order,
                                  const std::vector<Index>& counts, int threads);

struct RandomAblationSettings {
    Index orders = 50;
    std::uint64_t seed = 0;
    int threads = 1;
};

// The same for random orders of all units, order i from the stream ("random units", i).
// Cost and errors: `orders` times cumulative_ablation; throws without orders.
std::vector<AblationCurve> random_ablation(const ReadoutAblation& ablation,
                                           const std::vector<Index>& counts,
                                           const RandomAblationSettings& settings);

// Middle and spread of several curves, metric by metric.
struct AblationBand {
    std::vector<Index> num_ablated;
    std::vector<AblationMetrics> median, low, high;  // low and high: quantiles 0.025 and 0.975
};
// Throws std::invalid_argument unless there are curves, all with the same counts.
AblationBand ablation_band(const std::vector<AblationCurve>& curves);

}  // namespace dualtape::analyses
