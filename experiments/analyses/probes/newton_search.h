#pragma once
// The step length of a damped Newton method on the objective of a probe.

namespace dualtape::analyses {

// A step is halved at most so often.
inline constexpr int kHalvings = 40;

// Whether a step of that length is taken. `slope` is the fall of the objective for a step of length
// 1 to first order; `objective` > 0 before the step, which lowers it by `fall`. The objective is a
// sum over samples with rounding errors: where the promised fall is below 1e-13 of it, the gradient
// has to shrink instead. Source: the condition of Armijo, Nocedal & Wright eq. 3.4.
inline bool is_accepted(double length, double slope, double objective, double fall,
                        double gradient_norm, double next_gradient_norm) {
    constexpr double kArmijo = 1e-4, kRounding = 1e-13;
    return length * slope < kRounding * objective ? next_gradient_norm < gradient_norm
                                                  : fall >= kArmijo * length * slope;
}

}  // namespace dualtape::analyses
