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

// Decimal digits of a value that an error bound leaves certain: the largest d from 0 to 15 with
//   bound <= |value| 10^-d / 2.
int certain_digits(double value, double bound);

// The found pairs with bound, digits, angle and multiplicity; is_converged is left false, and
// is_sign_certain is what the bound says. `others` are all
// Ritz pairs that were seen beside them, the same ones included: the nearest one outside a pair's
// cluster gives its gap. Values are one cluster when they agree within their residuals, tolerance
// |value| and floor, the absolute error of a product, and so are those that agree with one of them.
// r^2 / gap bounds the error where r is below 1e-4 of the gap and the whole cluster was found; r
// does everywhere. Source: Parlett 1998, ch. 11.
std::vector<EigenPair> bound_pairs(const std::vector<RitzPair>& found,
                                   const std::vector<RitzPair>& others, double tolerance,
                                   double floor);

}  // namespace dualtape::curvature
