// Sharpness measures on quadratics, where each has a closed form, and on a relu network.
#include "engine/curvature/sharpness_measures.h"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "engine/curvature/parameter_indices.h"
#include "engine/curvature/point_operator.h"
#include "tests/engine/curvature/quadratic.h"
#include "tests/engine/curvature/spectra.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::curvature;
using namespace dualtape::testing;
using dualtape::tests::Quadratic;

namespace {

struct Fixture {
    Quadratic quadratic{tests::with_spectrum(tests::network_like_values(30, 4), 4),
                        uniform_vector(30, 5), 0.7};
    Vec<double> theta = uniform_vector(30, 6);
    Vec<double> g = quadratic.gradient(theta);
    double gg = g.squaredNorm(), ghg = g.dot(quadratic.h * g);
    Loss<double> loss = [this](In<Vec<double>> x) { return quadratic.value<double>(x); };
};

}  // namespace

TEST_CASE("the curvature along the gradient is g'Hg / g'g") {
    const Fixture f;
    const DenseOperator<double> hessian(f.quadratic.h);
    CHECK(gradient_curvature<double>(hessian, f.g) == doctest::Approx(f.ghg / f.gg).epsilon(1e-13));
    CHECK(hessian.products() == 0);  // a quadratic form is enough
    CHECK(std::isnan(gradient_curvature<double>(hessian, Vec<double>::Zero(30))));
}

TEST_CASE("the critical sharpness of a quadratic is g'Hg / g'g, to one per cent") {
    const Fixture f;
    REQUIRE(f.ghg > 0);
    for (const double first_step : {1e-4, 0.013, 0.1, 30.0}) {
        INFO("first step ", first_step);
        const auto found = critical_sharpness<double>(f.loss, f.theta, -f.g, first_step);
        CHECK(found.value == doctest::Approx(f.ghg / f.gg).epsilon(0.005));
        CHECK(found.value == 2 / found.step);
        CHECK(found.evaluations < 30);
    }
    // Along another update u: L falls at first by eta g'u, so eta_c = -2 g'u / u'Hu.
    const Vec<double> u = -f.g.cwiseProduct(uniform_vector(30, 7, 0.5, 1.5));
    const double expected = u.dot(f.quadratic.h * u) / -f.g.dot(u);
    CHECK(critical_sharpness<double>(f.loss, f.theta, u, 1).value ==
          doctest::Approx(expected).epsilon(0.005));
}

TEST_CASE("a loss that never rises has critical sharpness 0, one that rises at once infinity") {
    const Fixture f;
    const Vec<double> zero = Vec<double>::Zero(30);
    CHECK(critical_sharpness<double>(f.loss, f.theta, zero, 1).value == 0);
    CHECK(std::isinf(critical_sharpness<double>(f.loss, f.theta, f.g, 1).value));
    const Loss<double> broken = [&](In<Vec<double>> x) {
        return x == f.theta ? 1.0 : std::numeric_limits<double>::quiet_NaN();
    };
    CHECK(std::isinf(critical_sharpness<double>(broken, f.theta, -f.g, 1).value));
    CHECK_THROWS_WITH_AS(critical_sharpness<double>(f.loss, f.theta, -f.g, 0),
                         "critical sharpness: first_step = 0.000000 must be a positive number",
                         std::invalid_argument);
}

TEST_CASE("sam and asam are the rise along the gradient and along the scaled gradient") {
    const Fixture f;
    const double rho = 0.05;
    // rho |g| + rho^2 g'Hg / (2 |g|^2)
    CHECK(sam_sharpness<double>(f.loss, f.theta, f.g, rho) ==
          doctest::Approx(rho * std::sqrt(f.gg) + 0.5 * rho * rho * f.ghg / f.gg).epsilon(1e-12));
    // delta = rho T^2 g / |T g|: rho |T g| + delta'H delta / 2
    const Vec<double> t = f.theta.cwiseAbs().array() + 0.01;
    const double length = t.cwiseProduct(f.g).norm();
    const Vec<double> delta = rho / length * t.cwiseProduct(t).cwiseProduct(f.g);
    CHECK(asam_sharpness<double>(f.loss, f.theta, f.g, rho) ==
          doctest::Approx(rho * length + 0.5 * delta.dot(f.quadratic.h * delta)).epsilon(1e-12));
}

TEST_CASE("the average sharpness of a quadratic is sigma^2 tr(H) / 2, with the error it states") {
    const Fixture f;
    const double sigma = 0.1, expected = 0.5 * sigma * sigma * f.quadratic.h.trace();
    const Index pairs = 200;
    // The variance of xi'H xi is 2 |H|_F^2.
    const double error =
        0.5 * sigma * sigma * f.quadratic.h.norm() * std::sqrt(2 / static_cast<double>(pairs));
    int misses = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto found = average_sharpness<double>(f.loss, f.theta, sigma, pairs, seed);
        CHECK(found.error == doctest::Approx(error).epsilon(0.5));
        if (std::abs(found.mean - expected) > 2 * found.error) ++misses;
        CHECK(std::abs(found.mean - expected) < 4.5 * error);
    }
    CHECK(misses <= 4);  // 1 is expected; 5 or more have probability 0.002
    const auto once = average_sharpness<double>(f.loss, f.theta, sigma, 9, 3);
    CHECK(once.mean == average_sharpness<double>(f.loss, f.theta, sigma, 9, 3).mean);
    CHECK(once.mean != average_sharpness<double>(f.loss, f.theta, sigma, 9, 4).mean);
    CHECK_THROWS_AS(average_sharpness<double>(f.loss, f.theta, sigma, 1, 0), std::invalid_argument);
}

TEST_CASE("float thetas give the same measures to float's precision") {
    const Fixture f;
    const Loss<float> loss = [&](In<Vec<float>> x) { return f.quadratic.value<float>(x); };
    const Vec<float> theta = f.theta.cast<float>(), g = f.g.cast<float>();
    const auto close = [](double a, double b) { return std::abs(a - b) < 1e-4 * std::abs(b); };
    CHECK(close(sam_sharpness<float>(loss, theta, g, 0.05),
                sam_sharpness<double>(f.loss, f.theta, f.g, 0.05)));
    CHECK(close(asam_sharpness<float>(loss, theta, g, 0.05),
                asam_sharpness<double>(f.loss, f.theta, f.g, 0.05)));
    CHECK(critical_sharpness<float>(loss, theta, -g, 1).value ==
          doctest::Approx(f.ghg / f.gg).epsilon(0.005));
    CHECK(close(norm<float>(theta), norm<double>(f.theta)));
    CHECK(
        average_sharpness<float>(loss, theta, 0.1, 20, 3).mean ==
        doctest::Approx(average_sharpness<double>(f.loss, f.theta, 0.1, 20, 3).mean).epsilon(1e-3));
}

TEST_CASE("the Fisher-Rao measure ignores a rescaling of relu layers, the norm does not") {
    Setup<double> net(network("mlp relu"), 30);
    const auto measure = [&] {
        return fisher_rao<double>(PointOperator<double>(net.at(), CurvatureMatrix::gauss_newton),
                                  net.theta);
    };
    const double loss = net.value(), before = measure(), length = norm<double>(net.theta);
    const Plan<double>& plan = net.model.plan();
    const IndexSet first = join({parameter_indices(plan, "w0"), parameter_indices(plan, "b0")});
    const double first_length = norm<double>(net.theta, first);
    // relu(a x) = a relu(x): the first layer doubled and the next weights halved.
    net.theta(first) *= 2;
    net.theta(parameter_indices(plan, "w1")) /= 2;
    CHECK(relative_error(net.value(), loss) < 1e-14);
    CHECK(relative_error(measure(), before) < 1e-13);
    CHECK(norm<double>(net.theta) > 1.1 * length);
    CHECK(norm<double>(net.theta, first) == 2 * first_length);
    CHECK_THROWS_AS(norm<double>(net.theta, IndexSet{}), std::invalid_argument);
}
