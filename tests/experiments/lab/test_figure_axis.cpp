// Axes of figures: ranges that hold the data, tics that can be read, limits that make sense.
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "experiments/lab/figure_axis.h"

using namespace dualtape::lab;

namespace {

std::string labels(const AxisView& axis) {
    std::string joined;
    for (const AxisView::Tic& tic : axis.tics())
        if (!tic.label.empty()) joined += (joined.empty() ? "" : " ") + tic.label;
    return joined;
}

AxisView view(Scale scale, const std::vector<double>& values, double margin = 0) {
    return {Axis{.label = "y", .scale = scale}, values, margin, 7};
}

const double kNan = std::numeric_limits<double>::quiet_NaN();
const double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("tics of a linear axis are round numbers") {
    CHECK(labels(view(Scale::linear, {0, 1})) == "0 0.2 0.4 0.6 0.8 1.0");
    CHECK(labels(view(Scale::linear, {-3, 3})) == "−3 −2 −1 0 1 2 3");
    CHECK(labels(view(Scale::linear, {0, 10000})) == "0 2000 4000 6000 8000 10000");
    CHECK(labels(view(Scale::linear, {0, 2e6})) == "0 0.5×10^{6} 1.0×10^{6} 1.5×10^{6} 2.0×10^{6}");
    CHECK(labels(view(Scale::linear, {0, 3e-7})) ==
          "0 0.5×10^{−7} 1.0×10^{−7} 1.5×10^{−7} 2.0×10^{−7} 2.5×10^{−7} 3.0×10^{−7}");
}

TEST_CASE("tics of a log axis are decades, or 1 2 5 where there are few") {
    CHECK(labels(view(Scale::log, {1, 10000})) == "1 10 100 1000 10000");
    CHECK(labels(view(Scale::log, {1e-5, 1})) == "10^{−5} 10^{−4} 10^{−3} 10^{−2} 10^{−1} 10^{0}");
    CHECK(labels(view(Scale::log, {1e-12, 1})) ==
          "10^{−12} 10^{−10} 10^{−8} 10^{−6} 10^{−4} "
          "10^{−2} 10^{0}");
    CHECK(labels(view(Scale::log, {2, 30})) == "2 5 10 20");
    CHECK(labels(view(Scale::log, {3, 4})) == "3.0 3.2 3.4 3.6 3.8 4.0");
}

TEST_CASE("a symmetric log axis shows both signs and the end of its linear zone") {
    const AxisView axis = view(Scale::symlog, {-100, -1, 1, 1000});
    CHECK(axis.linear_below() == 1);
    CHECK(axis.has_zero_inside());
    CHECK(labels(axis).find("−10^{2}") != std::string::npos);
    CHECK(labels(axis).find("10^{3}") != std::string::npos);
    for (const double value : {0.01, 1.0, 50.0, 1e3}) {
        CHECK(axis.coordinate(-value) == -axis.coordinate(value));
        CHECK(axis.coordinate(value) ==
              doctest::Approx(std::asinh(value) / std::log(10)).epsilon(1e-14));
    }
    // Extreme values neither overflow nor fill the axis with labels.
    const AxisView wide = view(Scale::symlog, {-1e308, 1e-308, 1e308});
    CHECK(std::isfinite(wide.low()));
    CHECK(wide.tics().size() < 40);
    const AxisView given({.scale = Scale::symlog, .linear_below = 0.5}, {1, 2}, 0, 7);
    CHECK(given.linear_below() == 0.5);
}

TEST_CASE("labels of a symmetric log axis are thinned evenly, and never stand beside zero") {
    const Axis axis{.scale = Scale::symlog, .linear_below = 1e-4};
    CHECK(labels(AxisView(axis, {-0.5, 0.5}, 0, 7)) ==
          "0 10^{−3} 10^{−2} 10^{−1} −10^{−3} −10^{−2} −10^{−1}");
    // Every other decade: the innermost one, 10^-4, is too close to zero.
    CHECK(labels(AxisView(axis, {-0.5, 0.5}, 0, 4)) == "0 10^{−3} 10^{−1} −10^{−3} −10^{−1}");
}

TEST_CASE("a symmetric log axis within one decade has round numbers at their places") {
    const Axis axis{.scale = Scale::symlog, .linear_below = 1};
    for (const double sign : {1.0, -1.0}) {
        const AxisView narrow(axis, {sign * 1300, sign * 2000}, 0, 5);
        CHECK(labels(narrow) == (sign > 0 ? "1400 1600 1800 2000" : "−2000 −1800 −1600 −1400"));
        for (const AxisView::Tic& tic : narrow.tics()) {
            CHECK(tic.position >= narrow.low() - 1e-9);
            CHECK(tic.position <= narrow.high() + 1e-9);
        }
        CHECK(narrow.tics().back().position ==
              doctest::Approx(narrow.coordinate(sign > 0 ? 2000 : -1400)));
    }
}

TEST_CASE("labels touch when their texts come too close in the length there is") {
    const AxisView axis = view(Scale::linear, {0, 4});  // 0 1 2 3 4: a digit is 0.63 wide
    CHECK(axis.has_touching_labels(4 * 15, 10));        // 15 from each to the next
    CHECK_FALSE(axis.has_touching_labels(4 * 17, 10));
    CHECK_FALSE(axis.has_touching_labels(4 * 15, 9));
    const AxisView decades = view(Scale::log, {1, 10000});  // the widest are 1000 and 10000
    CHECK(decades.has_touching_labels(4 * 35, 10));
    CHECK_FALSE(decades.has_touching_labels(4 * 40, 10));
    const AxisView names({.min = 0, .max = 1, .ticks = {{0, "left"}, {1, ""}}}, {}, 0, 7);
    CHECK_FALSE(names.has_touching_labels(1, 10));
}

TEST_CASE("ranges hold the data, whatever they are") {
    for (const Scale scale : {Scale::linear, Scale::log, Scale::symlog}) {
        for (const std::vector<double>& values :
             std::vector<std::vector<double>>{{},
                                              {kNan},
                                              {kInfinity, -kInfinity},
                                              {0},
                                              {5},
                                              {-5},
                                              {1e-300, 1e300},
                                              {1, 1 + 1e-15},
                                              {1, 1 - 1e-16},
                                              {0, 5e-324},
                                              {-1e-300, 1e-300},
                                              {1, kNan, 3}}) {
            const AxisView axis = view(scale, values, 0.05);
            CHECK(std::isfinite(axis.low()));
            CHECK(std::isfinite(axis.high()));
            CHECK(axis.low() < axis.high());
            CHECK(axis.tics().size() < 200);
            for (const double value : values) {
                if (!axis.is_shown(value)) continue;
                CHECK(axis.fraction(value) >= -1e-12);
                CHECK(axis.fraction(value) <= 1 + 1e-12);
            }
        }
    }
    CHECK_FALSE(view(Scale::log, {1}).is_shown(0));
    CHECK_FALSE(view(Scale::log, {1}).is_shown(-1));
    CHECK_FALSE(view(Scale::linear, {1}).is_shown(kNan));
}

TEST_CASE("a quantity that is never negative keeps zero at the end of its axis") {
    CHECK(view(Scale::linear, {0, 10}, 0.05).low() == 0);
    CHECK(view(Scale::linear, {0, 10}, 0.05).high() == doctest::Approx(10.5));
    CHECK(view(Scale::linear, {-1, 10}, 0.05).low() < -1);
}

TEST_CASE("limits and categories are taken as given, contradictions are refused") {
    const AxisView axis({.min = 0, .max = 1, .ticks = {{0, "a"}, {1, "b"}}}, {5, 6}, 0.05, 7);
    CHECK(axis.low() == 0);
    CHECK(axis.high() == 1);
    CHECK(labels(axis) == "a b");
    const auto refuse = [](const Axis& bad) {
        CHECK_THROWS_AS(AxisView(bad, {1, 2}, 0, 7), std::invalid_argument);
    };
    refuse({.min = 1, .max = 0});
    refuse({.min = 1, .max = 1});
    refuse({.scale = Scale::log, .min = 0});
    refuse({.max = kNan});
}
