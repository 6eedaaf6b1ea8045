#include "experiments/analyses/probes/logistic_probe.h"

#include <limits>
#include <stdexcept>
#include <string>

#include <Eigen/Cholesky>

#include "experiments/analyses/probes/logistic_objective.h"
#include "experiments/analyses/probes/newton_search.h"

namespace dualtape::analyses {

namespace {

constexpr int kLifts = 18;
constexpr double kWellShrunk = 0.3;

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
    const LogisticObjective problem(features, labels, settings.penalty, settings.balances_classes);
    const Index f = problem.num_features();
    if (!(settings.tolerance > 0)) {
        throw std::invalid_argument("logistic probe: tolerance " +
                                    std::to_string(settings.tolerance) + "; it is positive");
    }
    if (start != nullptr && start->weights.size() != f) {
        throw std::invalid_argument("logistic probe: a start of other size than the " +
                                    std::to_string(f) + " features");
    }
    Vec<double> theta = Vec<double>::Zero(f + 1);
    if (start != nullptr) theta.head(f) = start->weights;
    theta[f] = start != nullptr ? start->intercept : problem.base_intercept();

    LogisticProbe probe;
    LogisticObjective::State state = problem.at(std::move(theta));
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
            LogisticObjective::State next = problem.at(state.theta - length * step);
            Vec<double> next_gradient = problem.gradient(next);
            has_moved = is_accepted(length, slope, state.objective,
                                    state.objective - next.objective, before, next_gradient.norm());
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

}  // namespace dualtape::analyses
