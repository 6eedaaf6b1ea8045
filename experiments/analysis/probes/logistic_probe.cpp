#include "experiments/analysis/probes/logistic_probe.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include <Eigen/Cholesky>

#include "engine/kernels/elementary.h"
#include "experiments/analysis/probes/concepts.h"

namespace dualtape::analysis {

namespace {

constexpr double kArmijo = 1e-4;
constexpr int kHalvings = 40;
constexpr int kLifts = 18;
constexpr double kWellShrunk = 0.3;
// J is a sum of N terms of rounding error; falls smaller than this share of it are not seen.
constexpr double kRounding = 1e-13;

LabelBalance check(In<Mat<double>> features, std::span<const std::int32_t> labels,
                   const LogisticSettings& settings, const LogisticProbe* start) {
    const auto require = [](bool holds, const std::string& message) {
        if (!holds) throw std::invalid_argument("logistic probe: " + message);
    };
    require(static_cast<std::size_t>(features.cols()) == labels.size(),
            std::to_string(features.cols()) + " samples for " + std::to_string(labels.size()) +
                " labels; every sample needs both");
    require(settings.penalty > 0 && std::isfinite(settings.penalty),
            "penalty " + std::to_string(settings.penalty) +
                "; it is positive, as separable classes have no finite optimum without");
    require(settings.tolerance > 0,
            "tolerance " + std::to_string(settings.tolerance) + "; it is positive");
    require(features.allFinite(), "a feature is not finite; leave that sample or feature out");
    require(start == nullptr || start->weights.size() == features.rows(),
            "a start of other size than the " + std::to_string(features.rows()) + " features");
    LabelBalance balance = label_balance(labels);
    require(balance.counts[0] > 0 && balance.counts[1] > 0,
            "all " + std::to_string(labels.size()) +
                " labels are equal; a probe needs samples of both classes");
    return balance;
}

// The objective at one point, and what its derivatives need. Margins are t_i (w'x_i + c).
struct State {
    Vec<double> theta;    // F + 1: weights, then intercept
    Vec<double> margins;  // N
    Vec<double> doubt;    // N: 1 / (1 + exp(margin)), the probability of the wrong label
    double objective = 0;
};

class Problem {
  public:
    Problem(In<Mat<double>> features, std::span<const std::int32_t> labels,
            const LogisticSettings& settings, const LabelBalance& balance)
        : features_(features),
          penalty_(settings.penalty),
          sign_(features.cols()),
          sample_weight_(Vec<double>::Ones(features.cols())) {
        for (Index i = 0; i < sign_.size(); ++i) {
            const auto label = static_cast<std::size_t>(labels[static_cast<std::size_t>(i)]);
            sign_[i] = label == 1 ? 1 : -1;
            if (settings.balances_classes) {
                sample_weight_[i] = static_cast<double>(sign_.size()) /
                                    (2 * static_cast<double>(balance.counts[label]));
            }
        }
    }

    Index size() const { return features_.rows(); }
    // The log-odds of the base rate, as weighed: the optimum where w = 0.
    double base_intercept() const {
        const double positives = sample_weight_.dot((sign_.array() > 0).cast<double>().matrix());
        return std::log(positives / (sample_weight_.sum() - positives));
    }

    State at(Vec<double> theta) const {
        State state;
        state.theta = std::move(theta);
        const auto w = state.theta.head(size());
        state.margins.noalias() = features_.transpose() * w;
        state.margins.array() += state.theta[size()];
        state.margins.array() *= sign_.array();
        // log(1 + exp(-m)) = max(-m, 0) + log(1 + exp(-|m|)).
        Vec<double> loss = -state.margins.cwiseAbs();
        kernels::exp(loss.data(), loss.data(), loss.size());
        kernels::log1p(loss.data(), loss.data(), loss.size());
        loss += (-state.margins).cwiseMax(0.0);
        state.doubt = -state.margins;
        kernels::sigmoid(state.doubt.data(), state.doubt.data(), state.doubt.size());
        state.objective = sample_weight_.dot(loss) + penalty_ / 2 * w.squaredNorm();
        return state;
    }

    Vec<double> gradient(const State& state) const {
        const Vec<double> slope = -(sample_weight_.array() * sign_.array() * state.doubt.array());
        Vec<double> g(size() + 1);
        g.head(size()).noalias() = features_ * slope;
        g.head(size()) += penalty_ * state.theta.head(size());
        g[size()] = slope.sum();
        return g;
    }

    // Lower triangle: [X; 1] diag(s p (1 - p)) [X; 1]' + lambda on the weights.
    Mat<double> hessian(const State& state) const {
        const Vec<double> curvature =
            sample_weight_.array() * state.doubt.array() * (1 - state.doubt.array());
        const Vec<double> root = curvature.cwiseSqrt();
        Mat<double> scaled(size() + 1, features_.cols());
        scaled.topRows(size()) = features_ * root.asDiagonal();
        scaled.row(size()) = root.transpose();
        Mat<double> h = Mat<double>::Zero(size() + 1, size() + 1);
        h.selfadjointView<Eigen::Lower>().rankUpdate(scaled);
        h.diagonal().head(size()).array() += penalty_;
        return h;
    }

  private:
    In<Mat<double>> features_;
    double penalty_;
    Vec<double> sign_, sample_weight_;
};

// H = L L'. Where all samples are certain to rounding the intercept's curvature vanishes: the
// diagonal is lifted until the factors exist.
Eigen::LLT<Mat<double>> factorise(Mat<double> hessian) {
    double lift = std::numeric_limits<double>::epsilon() * hessian.diagonal().maxCoeff();
    Eigen::LLT<Mat<double>> factors(hessian);
    for (int i = 0; i < kLifts && factors.info() != Eigen::Success; ++i, lift *= 10) {
        hessian.diagonal().array() += lift;
        factors.compute(hessian);
    }
    return factors;
}

}  // namespace

LogisticProbe fit_logistic(In<Mat<double>> features, std::span<const std::int32_t> labels,
                           const LogisticSettings& settings, const LogisticProbe* start) {
    const LabelBalance balance = check(features, labels, settings, start);
    const Problem problem(features, labels, settings, balance);
    const Index f = problem.size();
    Vec<double> theta = Vec<double>::Zero(f + 1);
    if (start != nullptr) theta.head(f) = start->weights;
    theta[f] = start != nullptr ? start->intercept : problem.base_intercept();

    LogisticProbe probe;
    State state = problem.at(std::move(theta));
    Vec<double> gradient = problem.gradient(state);
    // A Hessian costs as much as F / 4 gradients: its factors serve further steps as long as these
    // shrink the gradient well (Shamanskii's method).
    Eigen::LLT<Mat<double>> factors;
    bool is_fresh = false, is_stale = true;
    while (gradient.norm() >= settings.tolerance && probe.iterations < settings.max_iterations) {
        if (is_stale) factors = factorise(problem.hessian(state));
        is_fresh = is_stale;
        // Without factors the step is the gradient.
        const Vec<double> step =
            factors.info() == Eigen::Success ? Vec<double>(factors.solve(gradient)) : gradient;
        const double slope = gradient.dot(step), before = gradient.norm();
        bool has_moved = false;
        double length = 1;
        for (int i = 0; i < kHalvings && !has_moved; ++i, length /= 2) {
            State next = problem.at(state.theta - length * step);
            const double fall = state.objective - next.objective;
            const bool is_below_rounding = length * slope < kRounding * state.objective;
            Vec<double> next_gradient = problem.gradient(next);
            has_moved = is_below_rounding ? next_gradient.norm() < before
                                          : fall >= kArmijo * length * slope;
            if (!has_moved) continue;
            state = std::move(next);
            gradient = std::move(next_gradient);
        }
        if (!has_moved && is_fresh) break;
        probe.iterations += has_moved ? 1 : 0;
        is_stale = !has_moved || gradient.norm() > kWellShrunk * before;
    }
    probe.weights = state.theta.head(f);
    probe.intercept = state.theta[f];
    probe.objective = state.objective;
    probe.gradient_norm = gradient.norm();
    probe.is_converged = probe.gradient_norm < settings.tolerance;
    return probe;
}

Vec<double> log_odds(In<Mat<double>> features, const LogisticProbe& probe) {
    if (features.rows() != probe.weights.size()) {
        throw std::invalid_argument("logistic probe: " + std::to_string(features.rows()) +
                                    " features for a probe of " +
                                    std::to_string(probe.weights.size()));
    }
    Vec<double> odds = features.transpose() * probe.weights;
    odds.array() += probe.intercept;
    return odds;
}

}  // namespace dualtape::analysis
