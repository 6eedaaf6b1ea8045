#pragma once
// Worst-case sharpness: the largest rise of the loss in a ball or a box around theta.

#include <cstdint>
#include <functional>

#include "engine/core/types.h"

namespace dualtape::curvature {

// L(theta), and its gradient into `gradient` (P entries, overwritten).
template <class Scalar>
using LossGradient = std::function<double(In<Vec<Scalar>> theta, Out<Vec<Scalar>> gradient)>;

// Projected gradient ascent: the first start is theta itself, the others are random points of the
// stream (seed, "ascent", start). A step of normalised length is doubled when the loss rose and
// halved when it did not. Cost: starts * evaluations gradients.
struct AscentSettings {
    Index starts = 5;
    Index evaluations = 50;  // of each start
    std::uint64_t seed = 0;
};

// max over |delta| <= rho of L(theta + delta) - L(theta): a lower bound of it, since the ascent may
// end in a lesser maximum. Never negative. Throws std::invalid_argument for a negative rho, or
// fewer than one start or evaluation.
template <class Scalar>
double epsilon_sharpness(const LossGradient<Scalar>& loss, In<Vec<Scalar>> theta, double rho,
                         const AscentSettings& settings);

// 100 (max over |delta_i| <= epsilon (|theta_i| + 1) of L(theta + delta) - L(theta)) / (1 + L), a
// lower bound likewise. Usual: epsilon 1e-3. Throws as epsilon_sharpness does.
// Source: Keskar et al. 2017, with A = I.
template <class Scalar>
double keskar_sharpness(const LossGradient<Scalar>& loss, In<Vec<Scalar>> theta, double epsilon,
                        const AscentSettings& settings);

}  // namespace dualtape::curvature
