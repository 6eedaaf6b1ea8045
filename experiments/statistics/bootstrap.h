#pragma once
// Bootstrap intervals of means over inputs, with the same resamples for everything compared.

#include <cstdint>
#include <vector>

#include "experiments/statistics/statistics.h"

namespace dualtape::statistics {

struct BootstrapSettings {
    Index resamples = 2000;
    std::uint64_t seed = 0;
    int threads = 1;
};

// 95 % intervals of the means of all rows of `values`, R x N, over the distribution that column n
// is a draw of: quantiles 0.025 and 0.975 of the means of resamples, which take N columns with
// replacement. Resample r draws from the stream ("paired bootstrap", r) and takes whole columns,
// so rows are compared on equal inputs; given the change of a metric, it is the paired interval.
// Percentile intervals cover a little less than they say for few or skewed columns. A row of
// equal values: that value twice, to rounding. NaN for no columns.
// Cost: 2 R N resamples flops, as matrix products, and N resamples random numbers. Same bits for
// any number of threads. Throws std::invalid_argument without resamples.
// Source: Efron & Tibshirani, An Introduction to the Bootstrap, chapter 13.
std::vector<Interval> mean_intervals(const Mat<double>& values, const BootstrapSettings& settings);

}  // namespace dualtape::statistics
