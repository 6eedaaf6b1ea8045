#include "experiments/statistics/changepoints.h"

#include <cmath>

#include <doctest/doctest.h>

#include "engine/kernels/random.h"

namespace dualtape::statistics {

namespace {

struct Curve {
    std::vector<double> x, y;
};

// A line with slopes before, between and after the knots, plus normal noise.
Curve broken(Index size, const std::vector<double>& knots, const std::vector<double>& slopes,
             double noise, std::uint64_t seed) {
    Curve curve;
    kernels::Stream stream(seed, "test");
    for (Index i = 0; i < size; ++i) {
        const auto x = static_cast<double>(i);
        double y = 1 + slopes[0] * x;
        for (std::size_t k = 0; k < knots.size(); ++k) {
            y += (slopes[k + 1] - slopes[k]) * std::max(0.0, x - knots[k]);
        }
        curve.x.push_back(x);
        curve.y.push_back(y + noise * stream.normal<double>());
    }
    return curve;
}

// Sum of squared residuals of least squares on 1, x and hinges at the knots, by normal equations.
double squares(const Curve& curve, const std::vector<double>& knots) {
    const auto size = static_cast<Index>(curve.x.size());
    Mat<double> design(size, 2 + static_cast<Index>(knots.size()));
    Vec<double> y(size);
    for (Index i = 0; i < size; ++i) {
        const double x = curve.x[static_cast<std::size_t>(i)];
        y(i) = curve.y[static_cast<std::size_t>(i)];
        design(i, 0) = 1;
        design(i, 1) = x;
        for (std::size_t k = 0; k < knots.size(); ++k) {
            design(i, 2 + static_cast<Index>(k)) = std::max(0.0, x - knots[k]);
        }
    }
    // Gram-Schmidt, twice.
    for (int pass = 0; pass < 2; ++pass) {
        for (Index c = 0; c < design.cols(); ++c) {
            for (Index d = 0; d < c; ++d) {
                design.col(c) -= design.col(d).dot(design.col(c)) * design.col(d);
            }
            design.col(c).normalize();
        }
    }
    for (Index c = 0; c < design.cols(); ++c) y -= design.col(c).dot(y) * design.col(c);
    return y.squaredNorm();
}

BrokenLineSettings knots(Index num_knots, Index resamples = 20) {
    BrokenLineSettings settings;
    settings.num_knots = num_knots;
    settings.resamples = resamples;
    return settings;
}

}  // namespace

TEST_CASE("an exact broken line gives its knots, slopes and heights") {
    const Curve one = broken(40, {13}, {-2, 0.5}, 0, 0);
    const BrokenLine fit = fit_broken_line(one.x, one.y, knots(1));
    CHECK(fit.knots[0].x == 13);
    CHECK(fit.knots[0].interval.low == 13);
    CHECK(fit.knots[0].interval.high == 13);
    CHECK(fit.slopes[0] == doctest::Approx(-2).epsilon(1e-12));
    CHECK(fit.slopes[1] == doctest::Approx(0.5).epsilon(1e-12));
    CHECK(fit.heights[0] == doctest::Approx(1).epsilon(1e-12));
    CHECK(fit.heights[1] == doctest::Approx(-25).epsilon(1e-12));
    CHECK(fit.residual_share <= 1e-20);
    const Curve two = broken(60, {20, 31}, {0, -1, 0.1}, 0, 0);
    const BrokenLine both = fit_broken_line(two.x, two.y, knots(2));
    CHECK(both.knots[0].x == 20);
    CHECK(both.knots[1].x == 31);
    CHECK(both.slopes[1] == doctest::Approx(-1).epsilon(1e-12));
    CHECK(both.heights.back() == doctest::Approx(1 - 11 + 2.8).epsilon(1e-12));
}

TEST_CASE("knots are the best of all, by brute force") {
    for (const std::uint64_t seed : {1, 2, 3}) {
        const Curve curve = broken(30, {9, 17}, {0.1, -0.5, 0}, 0.5, seed);
        double least = INFINITY, least_one = INFINITY;
        for (Index i = 3; i <= 27; ++i) {
            least_one = std::min(least_one, squares(curve, {static_cast<double>(i)}));
            for (Index k = i + 3; k <= 27; ++k) {
                least = std::min(least,
                                 squares(curve, {static_cast<double>(i), static_cast<double>(k)}));
            }
        }
        const BrokenLine two = fit_broken_line(curve.x, curve.y, knots(2));
        CHECK(squares(curve, {two.knots[0].x, two.knots[1].x}) ==
              doctest::Approx(least).epsilon(1e-10));
        CHECK(two.residual_share == doctest::Approx(least / squares(curve, {})).epsilon(1e-10));
        const BrokenLine one = fit_broken_line(curve.x, curve.y, knots(1));
        CHECK(squares(curve, {one.knots[0].x}) == doctest::Approx(least_one).epsilon(1e-10));
    }
}

TEST_CASE("intervals cover the knot about as often as they say") {
    // 100 curves at 95 %, where four deviations are 9. Residuals are smaller than errors, so
    // coverage falls a little short: 94 and 92 here.
    int covered = 0, covered_second = 0;
    double width = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const Curve curve = broken(60, {20, 40}, {0, -0.3, 0}, 0.5, seed);
        BrokenLineSettings settings = knots(2, 200);
        settings.seed = seed;
        const BrokenLine fit = fit_broken_line(curve.x, curve.y, settings);
        const auto holds = [](const Knot& knot, double truth) {
            return knot.interval.low <= truth && truth <= knot.interval.high ? 1 : 0;
        };
        covered += holds(fit.knots[0], 20);
        covered_second += holds(fit.knots[1], 40);
        width += (fit.knots[0].interval.high - fit.knots[0].interval.low) / 100;
    }
    CHECK(covered >= 84);
    CHECK(covered_second >= 84);
    CHECK(width < 10);
}

TEST_CASE("running medians are odd windows, narrower at the ends") {
    CHECK(running_median({5, 1, 9, 2, 8, 3}, 2) == std::vector<double>{5, 5, 5, 3, 3, 3});
    CHECK(running_median({}, 2).empty());
}

TEST_CASE("curves that cannot be fitted are refused") {
    const std::vector<double> x{0, 1, 2, 3, 4, 5};
    const std::vector<double> y{0, 1, 2, 1, 0, 0};
    CHECK_NOTHROW(fit_broken_line(x, y, knots(1)));
    CHECK_THROWS_AS(fit_broken_line(x, y, knots(2)), std::invalid_argument);
    CHECK_THROWS_AS(fit_broken_line(x, y, knots(3)), std::invalid_argument);
    CHECK_THROWS_AS(fit_broken_line(x, {0, 1}, knots(1)), std::invalid_argument);
    CHECK_THROWS_AS(fit_broken_line({0, 1, 1, 3, 4, 5}, y, knots(1)), std::invalid_argument);
    CHECK_THROWS_AS(fit_broken_line(x, {0, 1, 2, NAN, 0, 0}, knots(1)), std::invalid_argument);
}

}  // namespace dualtape::statistics
