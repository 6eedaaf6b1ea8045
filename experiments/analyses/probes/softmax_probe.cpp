#include "experiments/analyses/probes/softmax_probe.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <Eigen/Cholesky>

#include "engine/kernels/elementary.h"
#include "experiments/analyses/probes/concepts.h"
#include "experiments/analyses/probes/newton_search.h"
#include "experiments/lab/require.h"

namespace dualtape::analyses {

namespace {

constexpr int kMaxProducts = 500;  // of one Newton step

void check(In<Mat<double>> features, std::span<const std::int32_t> labels, Index classes,
           const LogisticSettings& settings) {
    lab::require(static_cast<std::size_t>(features.cols()) == labels.size(), "softmax probe",
                 std::to_string(features.cols()) + " samples for " + std::to_string(labels.size()) +
                     " labels; every sample needs both");
    lab::require(settings.penalty > 0 && settings.tolerance > 0, "softmax probe",
                 "penalty " + std::to_string(settings.penalty) + " and tolerance " +
                     std::to_string(settings.tolerance) + "; both are positive");
    lab::require(features.allFinite(), "softmax probe",
                 "a feature is not finite; leave that sample or feature out");
    const LabelBalance balance = label_balance(labels, classes);
    const auto missing = std::find(balance.counts.begin(), balance.counts.end(), 0);
    lab::require(missing == balance.counts.end(), "softmax probe",
                 "class " + std::to_string(missing - balance.counts.begin()) +
                     " has no samples; number the classes that occur");
}

// Theta is C x (F + 1), the intercepts last.
struct State {
    Mat<double> theta;
    Mat<double> probabilities;  // C x N
    double objective = 0;
};

class Problem {
  public:
    Problem(In<Mat<double>> features, std::span<const std::int32_t> labels, double penalty)
        : with_one_(features.rows() + 1, features.cols()), labels_(labels), penalty_(penalty) {
        with_one_ << features, Mat<double>::Ones(1, features.cols());
    }

    State at(Mat<double> theta) const {
        State state;
        state.theta = std::move(theta);
        Mat<double> scores = state.theta * with_one_;
        Vec<double> largest = scores.colwise().maxCoeff();
        scores.rowwise() -= largest.transpose();
        Vec<double> of_label(scores.cols());
        for (Index i = 0; i < scores.cols(); ++i) {
            of_label[i] = scores(labels_[static_cast<std::size_t>(i)], i);
        }
        kernels::exp(scores.data(), scores.data(), scores.size());
        const Vec<double> sums = scores.colwise().sum();
        scores.array().rowwise() /= sums.array().transpose();
        Vec<double> log_sums(sums.size());
        kernels::log(log_sums.data(), sums.data(), sums.size());
        state.objective = (log_sums - of_label).sum() +
                          penalty_ / 2 * state.theta.leftCols(state.theta.cols() - 1).squaredNorm();
        state.probabilities = std::move(scores);
        return state;
    }

    Mat<double> gradient(const State& state) const {
        Mat<double> error = state.probabilities;
        for (Index i = 0; i < error.cols(); ++i) {
            error(labels_[static_cast<std::size_t>(i)], i) -= 1;
        }
        return with_penalty(error * with_one_.transpose(), state.theta);
    }

    // H V: with A = V [X; 1], the columns P * (A - 1 (P'A)) times [X; 1]', and the penalty.
    Mat<double> product(const State& state, const Mat<double>& v) const {
        Mat<double> a = v * with_one_;
        const Mat<double>& p = state.probabilities;
        const Vec<double> mean = p.cwiseProduct(a).colwise().sum();
        a = p.cwiseProduct(a.rowwise() - mean.transpose());
        return with_penalty(a * with_one_.transpose(), v);
    }

    // Lower triangle over theta, column after column. Equal intercepts, on which J does not depend,
    // get curvature 1 instead of 0.
    Mat<double> hessian(const State& state) const {
        const Index c = state.theta.rows(), features = with_one_.rows();
        Mat<double> h = Mat<double>::Zero(c * features, c * features);
        for (Index k = 0; k < c; ++k) {
            for (Index l = 0; l <= k; ++l) {
                const auto p_k = state.probabilities.row(k).array();
                const auto p_l = state.probabilities.row(l).array();
                const Vec<double> curvature = (p_k * ((k == l ? 1 : 0) - p_l)).transpose();
                const Mat<double> block =
                    with_one_ * curvature.asDiagonal() * with_one_.transpose();
                for (Index i = 0; i < features; ++i) {
                    for (Index j = 0; j < features; ++j) {
                        h(i * c + k, j * c + l) = h(i * c + l, j * c + k) = block(i, j);
                    }
                }
            }
        }
        h.diagonal().head(c * (features - 1)).array() += penalty_;
        h.bottomRightCorner(c, c).array() += 1 / static_cast<double>(c);
        return h;
    }

    Mat<double> diagonal(const State& state) const {
        const Mat<double> doubt = state.probabilities.array() * (1 - state.probabilities.array());
        return with_penalty(doubt * with_one_.cwiseAbs2().transpose(),
                            Mat<double>::Ones(doubt.rows(), with_one_.rows()));
    }

  private:
    Mat<double> with_penalty(Mat<double> sum, const Mat<double>& theta) const {
        sum.leftCols(sum.cols() - 1) += penalty_ * theta.leftCols(theta.cols() - 1);
        return sum;
    }

    Mat<double> with_one_;  // F + 1 x N
    std::span<const std::int32_t> labels_;
    double penalty_;
};

// Up to this many parameters the Hessian is formed: exact steps, where conjugate gradients would
// take thousands of products for many classes along few features.
constexpr Index kDenseParameters = 512;

Mat<double> dense_step(const Problem& problem, const State& state, const Mat<double>& gradient) {
    const Eigen::LDLT<Mat<double>> factors(problem.hessian(state));
    const Vec<double> step = factors.solve(gradient.reshaped());
    if (!step.allFinite() || !(step.dot(gradient.reshaped()) > 0)) return gradient;
    return step.reshaped(gradient.rows(), gradient.cols());
}

// H^-1 g by preconditioned conjugate gradients, to min(1/2, sqrt |g|) of the gradient's norm:
// the steps of the last iterations are exact enough to converge faster than linearly. The Hessian
// is singular along equal intercepts, where the gradient is 0: the iteration never leaves its
// range. Source: Nocedal & Wright, Numerical Optimization, algorithm 7.1.
Mat<double> conjugate_gradient_step(const Problem& problem, const State& state,
                                    const Mat<double>& gradient, int& products) {
    const Mat<double> scale = problem.diagonal(state).cwiseMax(1e-300).cwiseInverse();
    const double norm = gradient.norm();
    const double tolerance = std::min(0.5, std::sqrt(norm)) * norm;
    Mat<double> step = Mat<double>::Zero(gradient.rows(), gradient.cols());
    Mat<double> residual = gradient, scaled = scale.cwiseProduct(residual), direction = scaled;
    double rho = residual.cwiseProduct(scaled).sum();
    for (int i = 0; i < kMaxProducts && residual.norm() > tolerance; ++i) {
        const Mat<double> product = problem.product(state, direction);
        ++products;
        const double curvature = direction.cwiseProduct(product).sum();
        if (!(curvature > 0)) break;
        step += rho / curvature * direction;
        residual -= rho / curvature * product;
        scaled = scale.cwiseProduct(residual);
        const double next = residual.cwiseProduct(scaled).sum();
        direction = scaled + next / rho * direction;
        rho = next;
    }
    return step.isZero(0) ? gradient : step;
}

}  // namespace

SoftmaxProbe fit_softmax(In<Mat<double>> features, std::span<const std::int32_t> labels,
                         Index classes, const LogisticSettings& settings,
                         const SoftmaxProbe* start) {
    check(features, labels, classes, settings);
    const Problem problem(features, labels, settings.penalty);
    const Index f = features.rows();
    Mat<double> theta = Mat<double>::Zero(classes, f + 1);
    if (start != nullptr) theta << start->weights, start->intercepts;
    SoftmaxProbe probe;
    State state = problem.at(std::move(theta));
    Mat<double> gradient = problem.gradient(state);
    while (gradient.norm() >= settings.tolerance && probe.iterations < settings.max_iterations) {
        const Mat<double> step =
            gradient.size() <= kDenseParameters
                ? dense_step(problem, state, gradient)
                : conjugate_gradient_step(problem, state, gradient, probe.products);
        const double slope = gradient.cwiseProduct(step).sum();
        bool has_moved = false;
        double length = 1;
        for (int i = 0; i < kHalvings && !has_moved; ++i, length /= 2) {
            State next = problem.at(state.theta - length * step);
            Mat<double> next_gradient = problem.gradient(next);
            has_moved =
                is_accepted(length, slope, state.objective, state.objective - next.objective,
                            gradient.norm(), next_gradient.norm());
            if (!has_moved) continue;
            state = std::move(next);
            gradient = std::move(next_gradient);
        }
        if (!has_moved) break;
        ++probe.iterations;
    }
    probe.weights = state.theta.leftCols(f);
    probe.intercepts = state.theta.col(f).array() - state.theta.col(f).mean();
    probe.objective = state.objective;
    probe.gradient_norm = gradient.norm();
    probe.is_converged = probe.gradient_norm < settings.tolerance;
    return probe;
}

Mat<double> class_scores(In<Mat<double>> features, const SoftmaxProbe& probe) {
    if (features.rows() != probe.weights.cols()) {
        throw std::invalid_argument("softmax probe: " + std::to_string(features.rows()) +
                                    " features for a probe of " +
                                    std::to_string(probe.weights.cols()));
    }
    Mat<double> scores = probe.weights * features;
    scores.colwise() += probe.intercepts;
    return scores;
}

}  // namespace dualtape::analyses
