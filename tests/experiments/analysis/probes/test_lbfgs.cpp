#include "experiments/analysis/probes/lbfgs.h"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <doctest/doctest.h>

#include "experiments/analysis/probes/logistic_objective.h"
#include "experiments/analysis/probes/logistic_probe.h"
#include "tests/support/random.h"

namespace dualtape::analysis {
namespace {

// Rosenbrock's valley in n dimensions: its minimum, 0, is at (1, .., 1).
double rosenbrock(const Vec<double>& x, Vec<double>& gradient) {
    double value = 0;
    gradient = Vec<double>::Zero(x.size());
    for (Index i = 0; i + 1 < x.size(); ++i) {
        const double curve = x[i + 1] - x[i] * x[i], rest = 1 - x[i];
        value += 100 * curve * curve + rest * rest;
        gradient[i] -= 400 * x[i] * curve + 2 * rest;
        gradient[i + 1] += 200 * curve;
    }
    return value;
}

// sum_i h_i x_i^2 / 2.
DifferentiableFunction quadratic(const Vec<double>& h) {
    return [h](const Vec<double>& x, Vec<double>& gradient) {
        gradient = h.cwiseProduct(x);
        return gradient.dot(x) / 2;
    };
}

}  // namespace

TEST_CASE("a curved valley is followed to its end") {
    // Iterations of SciPy's L-BFGS-B: 30, 80 and 296.
    for (const auto& [n, most] : {std::pair<Index, int>{2, 33}, {10, 88}, {50, 326}}) {
        const LbfgsResult found =
            minimise(rosenbrock, Vec<double>::Constant(n, -1.2), {.tolerance = 1e-10});
        CHECK(found.is_converged);
        CHECK(found.iterations < most);
        // Of a local minimum, for n above 3, or the global one.
        CHECK(found.gradient.cwiseAbs().maxCoeff() < 1e-10);
        if (n == 2) CHECK((found.x.array() - 1).abs().maxCoeff() < 1e-9);
    }
}

TEST_CASE("pairs of earlier steps stand in for curvatures of six orders of magnitude") {
    Vec<double> h(8);
    h << 1e-3, 1e-2, 0.1, 1, 3, 10, 100, 1000;
    const LbfgsResult found = minimise(quadratic(h), Vec<double>::Ones(8), {.tolerance = 1e-9});
    CHECK(found.is_converged);
    CHECK(found.iterations < 160);  // SciPy's L-BFGS-B: 157
    CHECK(found.value < 1e-15);
    const LbfgsResult one =
        minimise(quadratic(h), Vec<double>::Ones(8), {.memory = 1, .tolerance = 1e-9});
    CHECK(one.iterations > 2 * found.iterations);
}

TEST_CASE("values never rise from iteration to iteration, and each limit is kept") {
    double last = std::numeric_limits<double>::infinity();
    for (int limit = 0; limit < 30; ++limit) {
        const LbfgsResult found =
            minimise(rosenbrock, Vec<double>::Constant(5, -1), {.max_iterations = limit});
        CHECK(found.iterations == limit);
        CHECK(found.value < last);
        CHECK_FALSE(found.is_converged);
        last = found.value;
    }
    Vec<double> gradient;
    const LbfgsResult none =
        minimise(rosenbrock, Vec<double>::Constant(5, -1), {.max_iterations = 0});
    CHECK(none.value == rosenbrock(none.x, gradient));
}

TEST_CASE("it ends where rounding hides every fall, and where falls are as small as asked") {
    // 1e16 + x^2: no step near 0 lowers it.
    const auto flat = [](const Vec<double>& x, Vec<double>& gradient) {
        gradient = 2 * x;
        return 1e16 + x.squaredNorm();
    };
    const LbfgsResult stuck = minimise(flat, Vec<double>::Constant(3, 0.1), {.tolerance = 1e-8});
    CHECK_FALSE(stuck.is_converged);
    CHECK(stuck.iterations < 5);
    const LbfgsResult early = minimise(rosenbrock, Vec<double>::Constant(5, -1),
                                       {.tolerance = 1e-12, .least_fall = 1e-2});
    const LbfgsResult late = minimise(rosenbrock, Vec<double>::Constant(5, -1),
                                      {.tolerance = 1e-12, .least_fall = 1e-6});
    CHECK(early.iterations < late.iterations);
    CHECK_FALSE(early.is_converged);
    // At a minimum nothing is done.
    CHECK(minimise(rosenbrock, Vec<double>::Ones(4), {}).iterations == 0);
    CHECK(minimise(rosenbrock, Vec<double>(0), {}).is_converged);
}

TEST_CASE("logistic probes end where Newton's method ends") {
    const Mat<double> features = testing::uniform_matrix(6, 150, 4);
    const Vec<double> noise = testing::uniform_vector(150, 5);
    std::vector<std::int32_t> labels;
    for (Index i = 0; i < 150; ++i) {
        labels.push_back(features.col(i).sum() + noise[i] > 0.2 ? 1 : 0);
    }
    const LogisticObjective objective(features, labels, 0.1, false);
    const auto f = [&](const Vec<double>& theta, Vec<double>& gradient) {
        const LogisticObjective::State state = objective.at(theta);
        gradient = objective.gradient(state);
        return state.objective;
    };
    const LbfgsResult found = minimise(f, Vec<double>::Zero(7), {.tolerance = 1e-8});
    const LogisticProbe newton =
        fit_logistic(features, labels, {.penalty = 0.1, .tolerance = 1e-10});
    CHECK(found.is_converged);
    CHECK((found.x.head(6) - newton.weights).norm() < 1e-7);
    CHECK(std::abs(found.x[6] - newton.intercept) < 1e-7);
}

TEST_CASE("settings without meaning are refused") {
    const Vec<double> x = Vec<double>::Ones(2);
    CHECK_THROWS_AS(minimise(rosenbrock, x, {.memory = 0}), std::invalid_argument);
    CHECK_THROWS_AS(minimise(rosenbrock, x, {.tolerance = 0}), std::invalid_argument);
    CHECK_THROWS_AS(minimise(rosenbrock, x, {.least_fall = -1}), std::invalid_argument);
}

}  // namespace dualtape::analysis
