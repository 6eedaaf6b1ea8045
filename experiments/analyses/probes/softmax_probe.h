#pragma once
// L2-penalised multinomial logistic regression, for concepts of many classes such as x_class.
//
// A least-squares fit to one-hot targets would be cheaper, but it masks classes that lie between
// others along a line, as x does in a raw integer input (Hastie, Tibshirani & Friedman, The
// Elements of Statistical Learning, section 4.2); this model reads them all.

#include <cstdint>
#include <span>

#include "engine/core/types.h"
#include "experiments/analyses/probes/logistic_probe.h"

namespace dualtape::analyses {

struct SoftmaxProbe {
    Mat<double> weights;     // C x F
    Vec<double> intercepts;  // C, of sum 0: only differences count
    double objective = 0;
    double gradient_norm = 0;
    int iterations = 0;  // Newton steps
    int products = 0;    // Hessian-vector products, of conjugate gradients
    bool is_converged = false;
};

// The minimum over W and c of
//   J = sum_i (log sum_k exp(w_k'x_i + c_k) - w_y'x_i - c_y) + penalty / 2 |W|^2,  y the label of i
// by Newton's method: exact steps up to 512 parameters C (F + 1), above by conjugate gradients
// preconditioned with the Hessian's diagonal. Convention of penalty and tolerance as in
// LogisticSettings (and scikit-learn's C = 1 / penalty); balances_classes is not offered here. With
// two classes it is fit_logistic with half the penalty.
//   features: F x N; labels: N in [0, classes); classes without samples get ever smaller
//   probabilities with no finite optimum and are refused
// Cost: C^2 F^2 N / 2 + (C F)^3 / 3 flops an exact step; 4 C F N a product or trial step. 97
// classes of 7000 samples of 256 features take 20 to 600 products, 1 to 13 s of one core, more for
// smaller penalties. Where it does not converge it says so. Throws std::invalid_argument when sizes
// differ, a class has no samples, a feature is not finite, or penalty or tolerance is not positive.
SoftmaxProbe fit_softmax(In<Mat<double>> features, std::span<const std::int32_t> labels,
                         Index classes, const LogisticSettings& settings,
                         const SoftmaxProbe* start = nullptr);

// C x columns: w_k'x + c_k.
Mat<double> class_scores(In<Mat<double>> features, const SoftmaxProbe& probe);

}  // namespace dualtape::analyses
