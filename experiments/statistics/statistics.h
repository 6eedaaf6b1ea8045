#pragma once
// Medians, proportions and their intervals over seeds.

#include <cstdint>
#include <limits>
#include <vector>

#include "engine/core/types.h"

namespace dualtape::statistics {

// What has no value.
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// The middle value, or the mean of the two middle ones. Values may be infinite. NaN for no values,
// or if one is NaN.
double median(std::vector<double> values);

// The value below which a share q of the sample lies, linear between order statistics.
double quantile(std::vector<double> values, double q);

struct Interval {
    double low = 0, high = 0;
};

// Beyond either end of a 95 % interval.
inline constexpr double kTail = 0.025;
// A standard normal lies within +-1.96 with probability 0.95.
inline constexpr double kNormal95 = 1.959963984540054;

// 95 % interval of a proportion, Wilson's: the p for which successes / trials is within 1.96
// standard deviations sqrt(p (1 - p) / trials). It stays between 0 and 1 and is not empty at
// either end. NaN for no trials. Source: Wilson 1927; Newcombe 1998, method 3.
Interval proportion_interval(Index successes, Index trials);

// 95 % interval of the median by the bootstrap with bias correction and acceleration (BCa). The
// distribution of the median over all resamples is summed, not sampled, in O(n^2 log n). Medians of
// small samples take few values, so the interval is coarse below about 10 values. Below 6 there is
// no interval of 95 %: it is the range, which holds the median in 50, 75, 87.5 and 93.75 % of
// samples of 2 to 5. It covers the median of 15 normals in 90 % of samples. One value, or equal
// values: that value twice. NaN for no values, or if one is not finite. Times that may be censored:
// median_time in survival.h.
// Source: Efron & Tibshirani, An Introduction to the Bootstrap, chapter 14.
Interval median_interval(std::vector<double> values);
inline constexpr std::size_t kFewestForInterval = 6;

// Gini coefficient of n values x_(1) <= .. <= x_(n), none negative:
//   sum_i (2 i - n - 1) x_(i) / (n sum_i x_(i))
// 0 when all are equal (all zero too), (n - 1) / n when all but one are zero. NaN for no values.
// Throws std::invalid_argument for values that are negative or not finite.
double gini(In<Vec<double>> values);

// Median and interval column by column: what a figure draws as line and band.
struct Band {
    std::vector<double> middle, low, high;
};
// curves[seed][i]; all of the same length. Throws std::invalid_argument otherwise.
Band median_band(const std::vector<std::vector<double>>& curves);

}  // namespace dualtape::statistics
