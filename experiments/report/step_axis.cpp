#include "experiments/report/step_axis.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dualtape::report {

namespace {

constexpr double kMostEmpty = 0.5;  // share of the axis between two neighbouring points

double logarithmic(double step) { return std::asinh(step); }
double linear(double step) { return step; }

// Of all lines, the widest gap between neighbouring points, as a share of the whole axis.
double widest_gap(const lab::Figure& figure, double (*place)(double)) {
    double low = std::numeric_limits<double>::infinity(), high = -low, widest = 0;
    for (const lab::Panel& panel : figure.panels) {
        for (const lab::Series& series : panel.series) {
            for (const double step : series.x) {
                low = std::min(low, place(step));
                high = std::max(high, place(step));
            }
            for (std::size_t i = 1; i < series.x.size(); ++i)
                widest = std::max(widest, place(series.x[i]) - place(series.x[i - 1]));
        }
    }
    return high > low ? widest / (high - low) : 0;
}

}  // namespace

lab::Axis step_axis(const lab::Figure& figure) {
    const double empty = widest_gap(figure, logarithmic);
    if (empty > kMostEmpty && widest_gap(figure, linear) < empty) return {.label = "step"};
    return {.label = "step", .scale = lab::Scale::symlog, .linear_below = 1};
}

}  // namespace dualtape::report
