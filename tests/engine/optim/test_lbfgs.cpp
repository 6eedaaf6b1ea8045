#include "engine/optim/lbfgs.h"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <doctest/doctest.h>

namespace dualtape::optim {
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
    CHECK(stuck.iterations == 0);
    CHECK(stuck.x == Vec<double>::Constant(3, 0.1));
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

TEST_CASE("where f has no value is walked around") {
    // x - log x has its minimum at 1; a first step from 100 may pass 0.
    const auto f = [](const Vec<double>& x, Vec<double>& gradient) {
        gradient = 1 - x.array().inverse();
        return x[0] > 0 ? x[0] - std::log(x[0]) : std::numeric_limits<double>::infinity();
    };
    for (const double from : {1e-3, 0.5, 100.0, 1e6}) {
        INFO("from ", from);
        const LbfgsResult found = minimise(f, Vec<double>::Constant(1, from), {.tolerance = 1e-9});
        CHECK(found.is_converged);
        CHECK(std::abs(found.x[0] - 1) < 1e-8);
    }
    // Nothing is found where nothing has a value, and nothing is called a minimum.
    const auto nothing = [](const Vec<double>& x, Vec<double>& gradient) {
        gradient = Vec<double>::Constant(x.size(), std::nan(""));
        return std::nan("");
    };
    const LbfgsResult none = minimise(nothing, Vec<double>::Ones(2), {});
    CHECK_FALSE(none.is_converged);
    CHECK(none.x == Vec<double>::Ones(2));
    CHECK(none.iterations == 0);
}

TEST_CASE("settings without meaning are refused") {
    const Vec<double> x = Vec<double>::Ones(2);
    for (const LbfgsSettings& settings :
         {LbfgsSettings{.memory = 0}, LbfgsSettings{.max_iterations = -1},
          LbfgsSettings{.tolerance = 0}, LbfgsSettings{.tolerance = std::nan("")},
          LbfgsSettings{.least_fall = -1}}) {
        CHECK_THROWS_AS(minimise(rosenbrock, x, settings), std::invalid_argument);
    }
}

}  // namespace dualtape::optim
