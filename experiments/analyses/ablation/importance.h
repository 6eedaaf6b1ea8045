#pragma once
// How much each hidden unit seems to matter, before any is ablated.

#include <cstdint>
#include <vector>

#include "engine/core/types.h"

namespace dualtape::analyses {

// One entry a unit, F of them.
struct Importance {
    Vec<double> mean_magnitude;  // mean of |h|
    Vec<double> variance;        // of h over samples (divided by their number)
    // ||W_j|| sqrt(variance), W_j column j of the readout: the root mean square by which the unit
    // moves the logits, its constant part left out.
    Vec<double> logit_effect;
    // Mean of g h, g = d loss / d h: to first order, by how much the loss falls when the unit is
    // set to zero; and mean of |g h|. Empty without adjoints.
    Vec<double> attribution, attribution_magnitude;
};

// hidden: F x N; readout weight: C x F; adjoints: F x N, of every sample's own loss (Point::adjoint
// gives those of the mean: multiply by N), or empty. Throws std::invalid_argument when sizes do not
// fit or there are no samples. Cost: F N.
Importance measure_importance(const Mat<double>& hidden, const Mat<double>& weight,
                              const Mat<double>& adjoints);

// `count` of `columns` drawn uniformly with replacement from the stream ("importance", 0):
// importance on a sample of the grid instead of all pairs, as some published results have it.
// Throws std::invalid_argument when there is nothing to draw from.
std::vector<std::int32_t> importance_sample(Index columns, Index count, std::uint64_t seed);

// Units from the largest value down; of equals, the first. Throws std::invalid_argument for NaN.
std::vector<Index> ranking(const Vec<double>& values);

// Share of the units whose value is above `factor` times the mean; 0 for none.
double share_above_mean(const Vec<double>& values, double factor = 2);

}  // namespace dualtape::analyses
