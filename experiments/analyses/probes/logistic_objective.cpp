#include "experiments/analyses/probes/logistic_objective.h"

#include <cmath>
#include <string>
#include <utility>

#include "engine/kernels/elementary.h"
#include "experiments/analyses/probes/concepts.h"
#include "experiments/lab/require.h"

namespace dualtape::analyses {

namespace {

LabelBalance check(In<Mat<double>> features, std::span<const std::int32_t> labels, double penalty) {
    lab::require(static_cast<std::size_t>(features.cols()) == labels.size(), "logistic probe",
                 std::to_string(features.cols()) + " samples for " + std::to_string(labels.size()) +
                     " labels; every sample needs both");
    lab::require(penalty > 0 && std::isfinite(penalty), "logistic probe",
                 "penalty " + std::to_string(penalty) +
                     "; it is positive, as separable classes have no finite optimum without");
    lab::require(features.allFinite(), "logistic probe",
                 "a feature is not finite; leave that sample or feature out");
    LabelBalance balance = label_balance(labels);
    lab::require(balance.counts[0] > 0 && balance.counts[1] > 0, "logistic probe",
                 "all " + std::to_string(labels.size()) +
                     " labels are equal; a probe needs samples of both classes");
    return balance;
}

}  // namespace

LogisticObjective::LogisticObjective(In<Mat<double>> features, std::span<const std::int32_t> labels,
                                     double penalty, bool balances_classes)
    : features_(features),
      penalty_(penalty),
      sign_(features.cols()),
      sample_weight_(Vec<double>::Ones(features.cols())) {
    const LabelBalance balance = check(features, labels, penalty);
    for (Index i = 0; i < sign_.size(); ++i) {
        const auto label = static_cast<std::size_t>(labels[static_cast<std::size_t>(i)]);
        sign_[i] = label == 1 ? 1 : -1;
        if (balances_classes) {
            sample_weight_[i] = static_cast<double>(sign_.size()) /
                                (2 * static_cast<double>(balance.counts[label]));
        }
    }
}

double LogisticObjective::base_intercept() const {
    const double positives = sample_weight_.dot((sign_.array() > 0).cast<double>().matrix());
    return std::log(positives / (sample_weight_.sum() - positives));
}

LogisticObjective::State LogisticObjective::at(Vec<double> theta) const {
    State state;
    state.theta = std::move(theta);
    const auto w = state.theta.head(num_features());
    state.margins.noalias() = features_.transpose() * w;
    state.margins.array() += state.theta[num_features()];
    state.margins.array() *= sign_.array();
    // log(1 + exp(-m)) = max(-m, 0) + log(1 + exp(-|m|)).
    Vec<double> loss = -state.margins.cwiseAbs();
    kernels::exp(loss.data(), loss.data(), loss.size());
    kernels::log1p(loss.data(), loss.data(), loss.size());
    loss += (-state.margins).cwiseMax(0.0);
    state.wrong_probability = -state.margins;
    kernels::sigmoid(state.wrong_probability.data(), state.wrong_probability.data(),
                     state.wrong_probability.size());
    state.objective = sample_weight_.dot(loss) + penalty_ / 2 * w.squaredNorm();
    return state;
}

Vec<double> LogisticObjective::gradient(const State& state) const {
    const Vec<double> slope =
        -(sample_weight_.array() * sign_.array() * state.wrong_probability.array());
    Vec<double> g(num_features() + 1);
    g.head(num_features()).noalias() = features_ * slope;
    g.head(num_features()) += penalty_ * state.theta.head(num_features());
    g[num_features()] = slope.sum();
    return g;
}

Mat<double> LogisticObjective::hessian(const State& state) const {
    const Vec<double> curvature = sample_weight_.array() * state.wrong_probability.array() *
                                  (1 - state.wrong_probability.array());
    const Vec<double> root = curvature.cwiseSqrt();
    Mat<double> scaled(num_features() + 1, num_samples());
    scaled.topRows(num_features()) = features_ * root.asDiagonal();
    scaled.row(num_features()) = root.transpose();
    Mat<double> h = Mat<double>::Zero(num_features() + 1, num_features() + 1);
    h.selfadjointView<Eigen::Lower>().rankUpdate(scaled);
    h.diagonal().head(num_features()).array() += penalty_;
    return h;
}

}  // namespace dualtape::analyses
