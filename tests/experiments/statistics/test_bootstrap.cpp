#include "experiments/statistics/bootstrap.h"

#include <cmath>
#include <stdexcept>

#include <doctest/doctest.h>

#include "engine/kernels/random.h"
#include "tests/support/random.h"

namespace dualtape::statistics {

TEST_CASE("the interval of a mean covers it about as often as it says") {
    // 400 rows of 60 exponentials with mean 1. A share of 0.95 has a standard deviation of 0.011;
    // the percentile interval of 60 skewed values covers 0.93. One set of resamples serves all
    // rows, which leaves their coverage alone.
    const Mat<double> uniform = testing::uniform_matrix(400, 60, 3, 0, 1);
    const Mat<double> values = -(1 - uniform.array()).log();
    int covered = 0;
    for (const Interval& interval : mean_intervals(values, {.resamples = 1000, .seed = 2})) {
        covered += interval.low <= 1 && 1 <= interval.high ? 1 : 0;
    }
    CHECK(covered >= 355);
    CHECK(covered <= 392);
}

TEST_CASE("an interval is that of a normal when there are many values") {
    // Quantiles of 2000 resamples have a standard error of 0.06 standard errors of the mean.
    Mat<double> values(1, 5000);
    kernels::Stream(4, "test").fill_normal(values.data(), values.size());
    const double mean = values.mean();
    const double error = std::sqrt((values.array() - mean).square().mean() / 5000);
    const Interval interval = mean_intervals(values, {}).front();
    CHECK(std::abs((interval.low - mean) / error + kNormal95) < 0.2);
    CHECK(std::abs((interval.high - mean) / error - kNormal95) < 0.2);
}

TEST_CASE("rows share their resamples, and threads change nothing") {
    Mat<double> values(3, 70);
    values.row(0) = testing::uniform_vector(70, 5).transpose();
    values.row(1) = 2 * values.row(0).array() + 1;
    values.row(2).setZero();
    const std::vector<Interval> one = mean_intervals(values, {.resamples = 333});
    CHECK(one[1].low == doctest::Approx(2 * one[0].low + 1).epsilon(1e-13));
    CHECK(one[1].high == doctest::Approx(2 * one[0].high + 1).epsilon(1e-13));
    CHECK(one[2].low == 0);
    CHECK(one[2].high == 0);
    const std::vector<Interval> many = mean_intervals(values, {.resamples = 333, .threads = 3});
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(one[i].low == many[i].low);
        CHECK(one[i].high == many[i].high);
    }
    CHECK(mean_intervals(values, {.seed = 1})[0].low != mean_intervals(values, {})[0].low);
    CHECK(std::isnan(mean_intervals(Mat<double>(2, 0), {})[1].low));
    CHECK_THROWS_AS(mean_intervals(values, {.resamples = 0}), std::invalid_argument);
}

}  // namespace dualtape::statistics
