#pragma once
// The objective of logistic probes with its derivatives, for whatever minimises it.

#include <cstdint>
#include <span>
#include <type_traits>

#include "engine/core/types.h"

namespace dualtape::analyses {

// J(w, c) of logistic_probe.h at theta = (w, c).
class LogisticObjective {
  public:
    // features: F x N, a matrix or view that outlives this, not an expression; labels: N of 0 and
    // 1; penalty: lambda.
    // Throws std::invalid_argument when sizes differ, a label is not 0 or 1, a class does not
    // occur, a feature is not finite, or the penalty is not positive.
    LogisticObjective(In<Mat<double>> features, std::span<const std::int32_t> labels,
                      double penalty, bool balances_classes);
    LogisticObjective(Mat<double>&&, std::span<const std::int32_t>, double, bool) = delete;

    // What the derivatives at a point need. Margins are t_i (w'x_i + c).
    struct State {
        Vec<double> theta;              // F + 1: weights, then intercept
        Vec<double> margins;            // N
        Vec<double> wrong_probability;  // N: that of the other label, 1 / (1 + exp(margin))
        double objective = 0;
    };
    State at(Vec<double> theta) const;
    Vec<double> gradient(const State& state) const;  // F + 1
    // [X; 1] diag(s p (1 - p)) [X; 1]' + lambda on the weights; its lower triangle alone.
    Mat<double> hessian(const State& state) const;

    Index num_features() const { return features_.rows(); }
    Index num_samples() const { return features_.cols(); }
    // The log-odds of the base rate, as weighed: the optimum where w = 0.
    double base_intercept() const;

  private:
    std::remove_cvref_t<In<Mat<double>>> features_;  // the view itself, as In is a reference to it
    double penalty_;
    Vec<double> sign_, sample_weight_;
};

}  // namespace dualtape::analyses
