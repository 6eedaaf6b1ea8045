#pragma once
// Unconstrained minimisation of a smooth function by L-BFGS.

#include <functional>

#include "engine/core/types.h"

namespace dualtape::optim {

struct LbfgsSettings {
    int memory = 10;  // steps, with their changes of the gradient, that are remembered; at least 1
    int max_iterations = 1000;
    double tolerance = 1e-4;  // above 0; converged: no component of the gradient is larger
    // Ends, too, where an iteration lowers f by no more than this share of max(|f|, |f before|, 1).
    double least_fall = 0;  // at least 0

    // Throws std::invalid_argument naming the setting that is out of range, its value and remedy.
    void check() const;
};

struct LbfgsResult {
    Vec<double> x;
    double value = 0;
    Vec<double> gradient;
    int iterations = 0;  // steps taken; each has one evaluation of f or more
    bool is_converged = false;
};

// Returns f(x) and sets the gradient, of x's size. Where f has no value it returns inf or NaN.
using DifferentiableFunction = std::function<double(const Vec<double>& x, Vec<double>& gradient)>;

// From the start x: directions by the two-loop recursion, the first one -g / |g|. Every step lowers
// f, by 1e-3 of what the slope promises or more, and unless 50 trials do not find it leaves a slope
// of 0.9 of its size or less (the strong Wolfe conditions). A history that gives no descent, or
// along which no step lowers f, is forgotten. Ends where converged, at max_iterations, after a fall
// as small as least_fall, or where rounding hides every fall along -g.
// The conditions and their constants are those of SciPy's L-BFGS-B, the trials are not: iterates
// are alike, not the same. Memory: 2 settings.memory vectors of x's size.
// Source: Liu & Nocedal 1989; Nocedal & Wright 2006, algorithms 3.5, 3.6, 7.4 and 7.5.
// Throws as settings.check().
LbfgsResult minimise(const DifferentiableFunction& f, Vec<double> x, const LbfgsSettings& settings);

}  // namespace dualtape::optim
