#pragma once
// Error bounds of eigenpairs, from their residuals and the gaps between Ritz values.

#include <vector>

#include "engine/curvature/lanczos.h"

namespace dualtape::curvature {

struct RitzPair {
    double value = 0;
    double estimate = 0;  // |A y - value y| from the recurrence
    double residual = 0;  // the same from a product
};

// The found pairs with bound, angle and multiplicity; is_converged is left false. `others` are all
// Ritz pairs that were seen beside them, the same ones included: the nearest one outside a pair's
// cluster gives its gap. Values are one cluster when they agree within their residuals, tolerance
// |value| and floor, the absolute error of a product.
// Source: Parlett 1998, ch. 11.
std::vector<EigenPair> bound_pairs(const std::vector<RitzPair>& found,
                                   const std::vector<RitzPair>& others, double tolerance,
                                   double floor);

}  // namespace dualtape::curvature
