#pragma once
// L2-penalised logistic regression of a binary concept on activations, by Newton's method.

#include <cstdint>
#include <span>

#include "engine/core/types.h"

namespace dualtape::analyses {

struct LogisticSettings {
    // lambda of the objective below. scikit-learn's C is 1 / lambda in the same objective, so its
    // default C = 1 is lambda = 1.
    double penalty = 1;
    // Converged when the Euclidean norm of the gradient of J, weights and intercept together, is
    // below this. J is a sum over samples; the gradient of the mean is N times smaller.
    double tolerance = 1e-6;
    int max_iterations = 100;
    // Weigh samples by N / (2 samples of their class), so that a rare class counts as much.
    bool balances_classes = false;
};

struct LogisticProbe {
    Vec<double> weights;  // F
    double intercept = 0;
    double objective = 0;       // J
    double gradient_norm = 0;   // Euclidean norm of J's gradient, where it ended
    int iterations = 0;         // steps taken
    bool is_converged = false;  // by the rule of what made the fit
};

// The minimum over w and c of
//   J = sum_i s_i log(1 + exp(-t_i (w'x_i + c))) + lambda / 2 |w|^2
// with t_i = +1 for label 1, -1 for label 0, and s_i = 1 or the weights that balance the classes.
// The intercept is not penalised. J is strictly convex, with a finite minimum even where the
// classes can be separated, as lambda is positive and both classes occur.
//   features: F x N; labels: N of 0 and 1; start: of the same F, or null for w = 0 and the base
//   rate
// Newton's steps are halved until J falls (Armijo); at the minimum they end the search, at
// max_iterations or where rounding stops them the probe says so and is returned as it is.
// Cost: an iteration takes N F^2 + F^3 / 3 flops; 4-8 iterations for ordinary data, up to 20 for
// separable data and a small penalty. Where the features' rank is less than F, their principal
// components (components.h) give the same probe for less.
// Throws std::invalid_argument when sizes differ, a label is not 0 or 1, a class does not occur, a
// feature is not finite, or penalty or tolerance is not positive.
LogisticProbe fit_logistic(In<Mat<double>> features, std::span<const std::int32_t> labels,
                           const LogisticSettings& settings, const LogisticProbe* start = nullptr);

// w'x + c of every column: log(p / (1 - p)).
Vec<double> log_odds(In<Mat<double>> features, const LogisticProbe& probe);

}  // namespace dualtape::analyses
