#pragma once
// Sharpness measures beside the eigenvalues: what the loss does when theta is moved.
//
// None of them says "flat, hence general": raw measures change under rescalings that leave the
// function as it is, and with |theta| under weight decay. Print them together with the norm.

#include <cstdint>
#include <functional>

#include "engine/curvature/index_set.h"
#include "engine/curvature/operator.h"

namespace dualtape::curvature {

// L(theta), theta with P entries. Always of the same data, so that differences mean something.
template <class Scalar>
using Loss = std::function<double(In<Vec<Scalar>> theta)>;

// g'Hg / |g|^2, the curvature along the gradient; NaN where g = 0. Equals the critical sharpness
// on a quadratic. Cost: one quadratic form.
template <class Scalar>
double gradient_curvature(const Operator<Scalar>& hessian, In<Vec<Scalar>> gradient);

struct CriticalSharpness {
    double value = 0;  // 2 / step
    double step = 0;   // eta_c, to 1 %
    Index evaluations = 0;
};
// 2 / eta_c, with eta_c the first step at which L(theta + eta_c direction) exceeds L(theta). The
// direction is -g, or the optimiser's own update divided by its rate; no product is needed.
// first_step is doubled or halved until eta_c lies in between, then bisected. Start it above eta_c
// rather than below: tiny steps change the loss by rounding alone. A loss that is not a number
// counts as exceeding. Value 0 (step infinite): no rise within 2^40 first steps, as for a direction
// of 0. Value infinite (step 0): it still rises at 2^-40 first steps; where that rise drowns in
// rounding, the value is merely huge.
// Throws std::invalid_argument unless first_step is a positive number.
template <class Scalar>
CriticalSharpness critical_sharpness(const Loss<Scalar>& loss, In<Vec<Scalar>> theta,
                                     In<Vec<Scalar>> direction, double first_step);

// L(theta + rho g / |g|) - L(theta); NaN where g = 0. Usual: rho 0.05.
// Source: Foret et al. 2021.
template <class Scalar>
double sam_sharpness(const Loss<Scalar>& loss, In<Vec<Scalar>> theta, In<Vec<Scalar>> gradient,
                     double rho);

// L(theta + rho T^2 g / |T g|) - L(theta) with T = diag(|theta| + 0.01): relative to the size of
// each parameter; NaN where g = 0. Usual: rho 0.5. Source: Kwon et al. 2021.
template <class Scalar>
double asam_sharpness(const Loss<Scalar>& loss, In<Vec<Scalar>> theta, In<Vec<Scalar>> gradient,
                      double rho);

struct AverageSharpness {
    double mean = 0;
    double error = 0;  // standard error of the mean
};
// E L(theta + sigma xi) - L(theta), xi standard normal: about sigma^2 tr(H) / 2. Each pair
// theta +- sigma xi has its own stream (seed, "average sharpness", pair), and cancels the slope.
// Cost: 2 pairs + 1 evaluations. Throws std::invalid_argument for fewer than 2 pairs.
template <class Scalar>
AverageSharpness average_sharpness(const Loss<Scalar>& loss, In<Vec<Scalar>> theta, double sigma,
                                   Index pairs, std::uint64_t seed);

// theta' G theta for the Gauss-Newton matrix G: the same for all layer scalings of a homogeneous
// network that leave its function as it is. Cost: one quadratic form. Source: Liang et al. 2019.
template <class Scalar>
double fisher_rao(const Operator<Scalar>& gauss_newton, In<Vec<Scalar>> theta);

// |theta|, summed in double; and that of a layer or any other index set. Throws
// std::invalid_argument as check_indices does.
template <class Scalar>
double norm(In<Vec<Scalar>> theta);
template <class Scalar>
double norm(In<Vec<Scalar>> theta, const IndexSet& indices);

}  // namespace dualtape::curvature
