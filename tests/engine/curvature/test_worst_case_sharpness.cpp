// Worst cases in a ball and in a box, on functions whose maximum there is known.
#include "engine/curvature/worst_case_sharpness.h"

#include <cmath>

#include <doctest/doctest.h>

#include "tests/engine/curvature/quadratic.h"
#include "tests/engine/curvature/spectra.h"
#include "tests/support/random.h"

using namespace dualtape;
using namespace dualtape::curvature;
using namespace dualtape::testing;
using dualtape::tests::Quadratic;

namespace {

template <class Scalar>
LossGradient<Scalar> loss_of(const Quadratic& quadratic) {
    return [&](In<Vec<Scalar>> x, Out<Vec<Scalar>> g) { return quadratic.gradient<Scalar>(x, g); };
}

}  // namespace

TEST_CASE("in a ball around a minimum the worst case is rho^2 lambda_max / 2") {
    const Vec<double> values = tests::network_like_values(40, 5).cwiseAbs();
    const Quadratic quadratic{tests::with_spectrum(values, 5), Vec<double>::Zero(40), 0.2};
    const Vec<double> theta = Vec<double>::Zero(40);
    const double rho = 0.05, exact = 0.5 * rho * rho * values.maxCoeff();
    const double found = epsilon_sharpness<double>(loss_of<double>(quadratic), theta, rho, {});
    CHECK(found <= exact * (1 + 1e-13));
    CHECK(found > exact * (1 - 1e-6));
    // From theta itself alone: the gradient vanishes there, nothing moves.
    CHECK(epsilon_sharpness<double>(loss_of<double>(quadratic), theta, rho, {1, 50, 0}) == 0);
    const Vec<float> narrow = Vec<float>::Zero(40);
    CHECK(epsilon_sharpness<float>(loss_of<float>(quadratic), narrow, rho, {}) ==
          doctest::Approx(exact).epsilon(1e-5));
}

TEST_CASE("in a ball with a slope along the leading eigenvector both parts add") {
    const Vec<double> values = Vec<double>::LinSpaced(10, -2, 3);
    const Quadratic quadratic{values.asDiagonal(), 0.4 * Vec<double>::Unit(10, 9)};
    const double found =
        epsilon_sharpness<double>(loss_of<double>(quadratic), Vec<double>::Zero(10), 0.5, {});
    CHECK(found == doctest::Approx(0.5 * 0.4 + 0.5 * 0.25 * 3).epsilon(1e-9));
}

TEST_CASE("a maximum inside the ball is found") {
    // L = -|x - m|^2 / 2 with |m| < rho
    const Vec<double> m = Vec<double>::LinSpaced(6, -0.1, 0.2);
    const Quadratic quadratic{-Mat<double>::Identity(6, 6), m};
    const double found =
        epsilon_sharpness<double>(loss_of<double>(quadratic), Vec<double>::Zero(6), 1, {});
    CHECK(found == doctest::Approx(0.5 * m.squaredNorm()).epsilon(1e-6));
}

TEST_CASE("in Keskar's box the worst case of a separable convex quadratic is a corner") {
    const Vec<double> h = uniform_vector(25, 3, 0.1, 2), theta = uniform_vector(25, 4);
    const Quadratic quadratic{h.asDiagonal(), Vec<double>::Zero(25), 0.3};
    const double epsilon = 1e-3;
    // sum h_i (2 |x_i| r_i + r_i^2) / 2 with r_i = epsilon (|x_i| + 1)
    const Eigen::ArrayXd x = theta.cwiseAbs(), r = epsilon * (x + 1);
    const double rise = (0.5 * h.array() * (2 * x * r + r * r)).sum();
    const double expected = 100 * rise / (1 + quadratic.value<double>(theta));
    const double found = keskar_sharpness<double>(loss_of<double>(quadratic), theta, epsilon, {});
    CHECK(found == doctest::Approx(expected).epsilon(1e-11));
}

TEST_CASE("a negative radius, and no start or evaluation, are refused") {
    const Quadratic quadratic{Mat<double>::Identity(2, 2), Vec<double>::Zero(2)};
    const LossGradient<double> loss = loss_of<double>(quadratic);
    const Vec<double> theta = Vec<double>::Ones(2);
    CHECK(epsilon_sharpness<double>(loss, theta, 0, {}) == 0);
    CHECK_THROWS_WITH_AS(epsilon_sharpness<double>(loss, theta, -1, {}),
                         "epsilon sharpness: rho = -1.000000 must be 0 or more",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(keskar_sharpness<double>(loss, theta, 0.1, {0, 50, 0}),
                         "keskar sharpness: 0 starts of 50 evaluations; use 1 or more of both",
                         std::invalid_argument);
}
