#pragma once
// Erasure of directions from activations: is what a probe reads also used?

#include <cstdint>

#include "engine/core/types.h"

namespace dualtape::analyses {

// x - Q Q'(x - mean), Q an orthonormal basis of the directions: along them every sample is as the
// mean sample, across them nothing changes. The network run on from there shows what depended on
// them. A probe fitted afterwards may still read the concept from other directions.
//   features: F x N; directions: F x m, any length and angle; dependent ones count once
// Throws std::invalid_argument when F differs, a direction is not finite, or all are zero.
// Source: Ravfogel et al., ACL 2020, arXiv 2004.07667 (without its iteration); Elazar et al. 2021,
// arXiv 2006.00995.
Mat<double> erase_directions(In<Mat<double>> features, In<Mat<double>> directions);

// F x count: independent uniform directions of length 1, the control of an erasure, each to be
// erased by itself. Stream "random directions". They remove less variance than a direction along
// which the activations spread widely: compare removed_variance too.
Mat<double> random_directions(Index features, Index count, std::uint64_t seed);

// Share of the total variance that an erasure removed; 0 for features without variance.
double removed_variance(In<Mat<double>> features, In<Mat<double>> erased);

}  // namespace dualtape::analyses
