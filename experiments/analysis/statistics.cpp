#include "experiments/analysis/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "engine/kernels/elementary.h"
#include "engine/kernels/random.h"

namespace dualtape::analysis {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr int kResamples = 10000;
constexpr double kTail = 0.025;

bool is_all_finite(const std::vector<double>& values) {
    return std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
}

double normal_cdf(double x) {
    double y = 0;
    kernels::normal_cdf(&y, &x, 1);
    return y;
}

// The inverse of normal_cdf by bisection: 60 halvings of [-8, 8] leave 1e-17. p in (0, 1).
double normal_quantile(double p) {
    double low = -8, high = 8;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        (normal_cdf(middle) < p ? low : high) = middle;
    }
    return (low + high) / 2;
}

// The acceleration of BCa: skewness of the medians with one value left out.
double acceleration(const std::vector<double>& values) {
    std::vector<double> medians;
    for (std::size_t left_out = 0; left_out < values.size(); ++left_out) {
        std::vector<double> rest = values;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(left_out));
        medians.push_back(median(std::move(rest)));
    }
    double mean = 0;
    for (const double m : medians) mean += m / static_cast<double>(medians.size());
    double second = 0, third = 0;
    for (const double m : medians) {
        second += (mean - m) * (mean - m);
        third += (mean - m) * (mean - m) * (mean - m);
    }
    return second > 0 ? third / (6 * std::pow(second, 1.5)) : 0;
}

}  // namespace

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

double quantile(std::vector<double> values, double q) {
    for (const double x : values) {
        if (std::isnan(x)) return kNan;
    }
    if (values.empty()) return kNan;
    std::sort(values.begin(), values.end());
    const double place = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const double share = place - static_cast<double>(below);
    if (share == 0 || values[below] == values[below + 1]) return values[below];
    return values[below] * (1 - share) + values[below + 1] * share;
}

Interval proportion_interval(Index successes, Index trials) {
    if (trials == 0) return {kNan, kNan};
    const auto n = static_cast<double>(trials);
    const double p = static_cast<double>(successes) / n;
    const double spread = kNormal95 * kNormal95 / n;
    const double middle = (p + spread / 2) / (1 + spread);
    const double half = std::sqrt(spread * (p * (1 - p) + spread / 4)) / (1 + spread);
    return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

Interval median_interval(const std::vector<double>& values, std::uint64_t seed,
                         std::uint64_t index) {
    if (values.empty() || !is_all_finite(values)) return {kNan, kNan};
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    if (*least == *most) return {*least, *most};

    kernels::Stream stream(seed, "bootstrap", index);
    std::vector<double> resamples(kResamples);
    std::vector<double> drawn(values.size());
    for (double& result : resamples) {
        for (double& x : drawn) x = values[stream.below(values.size())];
        result = median(drawn);
    }
    std::sort(resamples.begin(), resamples.end());
    // Ties count half: medians of small samples repeat, and counting them whole would shift z0.
    const double middle = median(values);
    const auto [first, last] = std::equal_range(resamples.begin(), resamples.end(), middle);
    const double below =
        static_cast<double>(first - resamples.begin()) + static_cast<double>(last - first) / 2;
    const double share = std::clamp(below / kResamples, 1e-4, 1 - 1e-4);
    const double z0 = normal_quantile(share);
    const double a = acceleration(values);
    const auto adjusted = [&](double tail) {
        const double z = z0 + normal_quantile(tail);
        return std::clamp(normal_cdf(z0 + z / (1 - a * z)), 0.0, 1.0);
    };
    return {quantile(resamples, adjusted(kTail)), quantile(resamples, adjusted(1 - kTail))};
}

double gini(In<Vec<double>> values) {
    std::vector<double> sorted(values.data(), values.data() + values.size());
    for (const double x : sorted) {
        if (!(std::isfinite(x) && x >= 0)) {
            throw std::invalid_argument("gini: the value " + std::to_string(x) +
                                        " is not in [0, inf); give norms or magnitudes");
        }
    }
    if (sorted.empty()) return kNan;
    std::sort(sorted.begin(), sorted.end());
    const auto n = static_cast<double>(sorted.size());
    double weighted = 0, total = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        weighted += (2 * static_cast<double>(i + 1) - n - 1) * sorted[i];
        total += sorted[i];
    }
    return total > 0 ? weighted / (n * total) : 0;
}

Band median_band(const std::vector<std::vector<double>>& curves) {
    Band band;
    if (curves.empty()) return band;
    for (const std::vector<double>& curve : curves) {
        if (curve.size() != curves[0].size()) {
            throw std::invalid_argument(
                "median_band: curves of " + std::to_string(curves[0].size()) + " and " +
                std::to_string(curve.size()) + " points; all need the same steps");
        }
    }
    for (std::size_t i = 0; i < curves[0].size(); ++i) {
        std::vector<double> column;
        for (const std::vector<double>& curve : curves) column.push_back(curve[i]);
        const Interval interval = median_interval(column, 0, i);
        band.middle.push_back(median(column));
        band.low.push_back(interval.low);
        band.high.push_back(interval.high);
    }
    return band;
}

}  // namespace dualtape::analysis
