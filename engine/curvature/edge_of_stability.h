#pragma once
// The sharpness above which an optimiser diverges on a quadratic: the lines of the edge of
// stability.

#include <cmath>
#include <stdexcept>
#include <string>

#include "engine/core/types.h"

namespace dualtape::curvature {

// Along an eigenvector of eigenvalue h a full-batch step is a linear recursion in (x, velocity); it
// diverges once a root passes -1, which happens at these h. Momentum and beta1 lie in [0, 1). A
// rate of 0 gives infinity. Source: Cohen et al. 2021.

// x -= rate h x
inline double gradient_descent_threshold(double rate) { return 2 / rate; }

// v = momentum v + h x;  x -= rate v
inline double heavy_ball_threshold(double rate, double momentum) {
    return 2 * (1 + momentum) / rate;
}

// v = beta1 v + (1 - beta1) h x;  x -= rate v, for h an eigenvalue of D^-1/2 H D^-1/2 with D of
// adam_diagonal(): 38 / rate at beta1 = 0.9. Source: Cohen et al. 2022.
inline double adam_threshold(double rate, double beta1) {
    return (2 + 2 * beta1) / ((1 - beta1) * rate);
}

// D = (1 - beta1^steps) (sqrt(v_hat) + epsilon), by which Adam divides its biased first moment:
// the diagonal for a ScaledOperator. `preconditioner` is sqrt(v_hat) + epsilon, P entries, after
// `steps` steps. Throws std::invalid_argument before the first step.
template <class Scalar>
Vec<double> adam_diagonal(const Vec<Scalar>& preconditioner, Index steps, double beta1) {
    if (steps < 1) {
        throw std::invalid_argument("adam_diagonal: " + std::to_string(steps) +
                                    " steps give no preconditioner; take a step");
    }
    const double correction = 1 - std::pow(beta1, static_cast<double>(steps));
    return correction * preconditioner.template cast<double>();
}

}  // namespace dualtape::curvature
