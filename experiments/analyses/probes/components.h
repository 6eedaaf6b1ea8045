#pragma once
// Features as probes see them: standardised on the training samples, in principal components.

#include <vector>

#include "engine/core/types.h"

namespace dualtape::analyses {

// The columns listed, in that order.
Mat<double> select_columns(In<Mat<double>> matrix, const std::vector<Index>& columns);

// (x - mean) * inverse_deviation, learned from training samples, applied to any.
struct Standardisation {
    Vec<double> mean;               // F
    Vec<double> inverse_deviation;  // F; 0 for a feature without spread: it is left out

    Mat<double> scale(In<Mat<double>> features) const;
};
// is_standardised = false keeps the features' units (inverse_deviation 1). features: F x N, N >= 1.
// Throws std::invalid_argument for no samples or a feature that is not finite.
Standardisation standardisation(In<Mat<double>> features, bool is_standardised = true);

// z = directions' ((x - mean) * inverse_deviation).
struct Components : Standardisation {
    Mat<double> directions;  // F x R, orthonormal columns

    Mat<double> apply(In<Mat<double>> features) const;
    // The weights on x, and what they add to the intercept, of weights v on z.
    Vec<double> raw_weights(In<Vec<double>> v) const;
};

// Components whose variance is below this share of the largest are rounding of float activations
// (1e-7 in size, 1e-14 in variance), and are left out.
inline constexpr double kComponentCut = 1e-12;

// An L2-penalised probe is the same after a rotation, so that components lose nothing but those
// below kComponentCut; and they are few where the rank is: two for an affine map of two integers
// into any width. Cost: N F^2 + 9 F^3 flops. Arguments and errors as of standardisation.
Components principal_components(In<Mat<double>> features, bool is_standardised = true);

}  // namespace dualtape::analyses
