#pragma once
// Kinks of a curve: a continuous broken line fitted by least squares, with bootstrap intervals.

#include <cstdint>
#include <vector>

#include "experiments/statistics/statistics.h"

namespace dualtape::statistics {

struct BrokenLineSettings {
    Index num_knots = 1;      // 1 or 2
    Index fewest_points = 3;  // of the curve in each segment
    Index resamples = 500;    // of the bootstrap
    double level = 0.95;      // of the intervals
    std::uint64_t seed = 0;   // of the stream "bootstrap" ...
    std::uint64_t index = 0;  // ... number index
};

struct Knot {
    double x = 0;       // a point of the curve
    Interval interval;  // percentiles of the bootstrap
};

struct BrokenLine {
    std::vector<Knot> knots;      // rising
    std::vector<double> slopes;   // of the num_knots + 1 segments
    std::vector<double> heights;  // at the first point, the knots, and the last point
    double residual_share = 0;  // squared residuals, over those of a straight line (0: no residual)
};

// The knots are those of all points of the curve with the least sum of squares (the lowest of
// equals). Intervals: residuals are resampled in moving blocks of n^(1/3) neighbours, because those
// of a smoothed curve are correlated, added to the fitted line and fitted again.
// Cost: n^3 flops once; n^2 a resample. Same input, same bits.
// Throws std::invalid_argument when x and y differ in size, x does not rise, a value is not finite,
// num_knots is not 1 or 2, or there are fewer points than the segments need.
// Sources: Muggeo 2003 (the model; he searches the knots by linearisation, here all are tried);
// Kuensch 1989 (blocks).
BrokenLine fit_broken_line(const std::vector<double>& x, const std::vector<double>& y,
                           const BrokenLineSettings& settings);

// The median of each value and `reach` neighbours on either side; near the ends, of as many on
// both sides as there are.
std::vector<double> running_median(const std::vector<double>& values, Index reach);

}  // namespace dualtape::statistics
