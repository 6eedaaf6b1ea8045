#pragma once
// Unconstrained minimisation by L-BFGS, with the defaults of SciPy's L-BFGS-B: for recreating where
// published code stops. Newton's method (logistic_probe.h) is what finds minima here.

#include <functional>

#include "engine/core/types.h"

namespace dualtape::analysis {

struct LbfgsSettings {
    int memory = 10;  // pairs of steps and changes of the gradient
    int max_iterations = 1000;
    double tolerance = 1e-4;  // converged: no component of the gradient is larger
    // Ends, too, where an iteration lowers f by less than this share of max(|f|, |f before|, 1).
    double least_fall = 0;
};

struct LbfgsResult {
    Vec<double> x;
    double value = 0;
    Vec<double> gradient;
    int iterations = 0;  // steps taken; each has one evaluation of f or more
    bool is_converged = false;
};

// Returns f(x) and sets the gradient, of x's size.
using DifferentiableFunction = std::function<double(const Vec<double>& x, Vec<double>& gradient)>;

// From the start x: directions by the two-loop recursion, the first one -g / |g|; a step fulfils
// the strong Wolfe conditions, f falling by 1e-3 of what the slope promises and the slope to 0.9 of
// its size. Ends where converged, at max_iterations, or where no step lowers f for rounding.
// Memory: 2 memory vectors. Source: Liu & Nocedal 1989; Nocedal & Wright 2006, algorithms 3.5, 3.6,
// 7.4 and 7.5; constants: Zhu et al. 1997 as in SciPy.
// Throws std::invalid_argument when memory, tolerance or the least fall is below its least.
LbfgsResult minimise(const DifferentiableFunction& f, Vec<double> x, const LbfgsSettings& settings);

}  // namespace dualtape::analysis
