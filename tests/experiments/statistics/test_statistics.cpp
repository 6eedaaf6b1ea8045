#include "experiments/statistics/statistics.h"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "engine/kernels/random.h"

namespace dualtape::statistics {

TEST_CASE("medians and quantiles, of infinite values too") {
    const double inf = std::numeric_limits<double>::infinity();
    CHECK(median({3, 1, 2}) == 2);
    CHECK(median({1, 2, 3, 4}) == 2.5);
    CHECK(median({1, inf, 2}) == 2);
    CHECK(median({1, inf, inf}) == inf);
    CHECK(median({1, inf}) == inf);
    CHECK(std::isnan(median({})));
    CHECK(std::isnan(median({1, std::nan("")})));
    CHECK(quantile({0, 10}, 0.25) == 2.5);
}

TEST_CASE("the interval of a median covers it about as often as it says") {
    // 300 samples of 15 normals. The bootstrap of a median covers a little less than it says: 0.90
    // here, where three standard deviations are 0.05.
    kernels::Stream stream(5, "test");
    int covered = 0;
    for (int trial = 0; trial < 300; ++trial) {
        std::vector<double> values(15);
        stream.fill_normal(values.data(), 15);
        const Interval interval = median_interval(values);
        covered += interval.low <= 0 && 0 <= interval.high ? 1 : 0;
    }
    CHECK(covered >= 255);
    CHECK(covered <= 297);
    const Interval one = median_interval({4});
    CHECK(one.low == 4);
    CHECK(one.high == 4);
    const std::vector<double> five{1, 2, 3, 4, 5};
    CHECK(median_interval(five).low == 1);
    CHECK(median_interval(five).high == 5);
}

TEST_CASE("the interval of a median is that of many resamples") {
    // Percentiles of 100 000 resampled medians; samples without skewness, so that BCa asks for its
    // tails nearly as they are. The percentiles of even n move by whole atoms at most.
    kernels::Stream stream(6, "test");
    for (const std::vector<double>& values :
         {std::vector<double>{-4, -3, -2, -1, 0, 1, 2, 3, 4},
          std::vector<double>{-6, -4.5, -3.25, -2, -1, 1, 2, 3.25, 4.5, 6}}) {
        std::vector<double> medians(100000);
        std::vector<double> drawn(values.size());
        for (double& result : medians) {
            for (double& x : drawn) x = values[stream.below(values.size())];
            result = median(drawn);
        }
        const Interval interval = median_interval(values);
        CHECK(interval.low == doctest::Approx(quantile(medians, 0.025)));
        CHECK(interval.high == doctest::Approx(quantile(medians, 0.975)));
    }
}

TEST_CASE("the interval of a proportion is that of published examples") {
    // Newcombe 1998, table I, method 3, to its four digits.
    struct Example {
        Index successes, trials;
        double low, high;
    };
    for (const Example& e : {Example{81, 263, 0.2553, 0.3662}, Example{15, 148, 0.0624, 0.1605},
                             Example{0, 20, 0, 0.1611}, Example{1, 29, 0.0061, 0.1718}}) {
        INFO(e.successes, " of ", e.trials);
        const Interval interval = proportion_interval(e.successes, e.trials);
        CHECK(std::abs(interval.low - e.low) <= 5e-5);
        CHECK(std::abs(interval.high - e.high) <= 5e-5);
        const Interval others = proportion_interval(e.trials - e.successes, e.trials);
        CHECK(others.low == doctest::Approx(1 - interval.high).epsilon(1e-12));
    }
    CHECK(std::isnan(proportion_interval(0, 0).low));
}

TEST_CASE("the Gini coefficient is 0 for equal values and grows to 1 as one value takes all") {
    CHECK(gini(Vec<double>::Constant(7, 3.0)) == 0);
    CHECK(gini(Vec<double>::Zero(7)) == 0);
    for (const Index n : {1, 2, 10, 57}) {
        Vec<double> x = Vec<double>::Zero(n);
        x(n / 2) = 4;
        CHECK(gini(x) == doctest::Approx(1 - 1.0 / static_cast<double>(n)).epsilon(1e-14));
    }
    // Half of the mean absolute difference of all ordered pairs, over the mean.
    const Vec<double> x{{0.5, 3, 1, 0, 7, 2}};
    double differences = 0;
    for (const double a : x) {
        for (const double b : x) differences += std::abs(a - b);
    }
    CHECK(gini(x) == doctest::Approx(differences / (2 * 36 * x.mean())).epsilon(1e-14));
    CHECK(std::isnan(gini(Vec<double>())));
    CHECK_THROWS_AS(gini(Vec<double>{{1, -1}}), std::invalid_argument);
}

TEST_CASE("a band is median and interval of each column") {
    const Band band = median_band({{1, 10}, {2, 20}, {3, 60}});
    CHECK(band.middle == std::vector<double>{2, 20});
    CHECK(band.low[1] == median_interval({10, 20, 60}).low);
    CHECK(band.high[1] == median_interval({10, 20, 60}).high);
    CHECK(median_band({}).middle.empty());
    CHECK_THROWS_AS(median_band({{1, 2}, {1}}), std::invalid_argument);
}

}  // namespace dualtape::statistics
