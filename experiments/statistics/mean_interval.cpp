#include "experiments/statistics/mean_interval.h"

#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

namespace dualtape::statistics {

namespace {

// P(|t| <= value): finite sums in cos^2 of theta = atan(t / sqrt(degrees)).
double central_share(double value, Index degrees) {
    const double theta = std::atan(value / std::sqrt(static_cast<double>(degrees)));
    const double cosine = std::cos(theta), square = cosine * cosine;
    double term = degrees % 2 == 1 ? cosine : 1;
    double sum = degrees == 1 ? 0 : term;
    for (Index k = degrees % 2 == 1 ? 3 : 2; k <= degrees - 2; k += 2) {
        term *= square * static_cast<double>(k - 1) / static_cast<double>(k);
        sum += term;
    }
    const double even = std::sin(theta) * sum;
    return degrees % 2 == 1 ? 2 / std::numbers::pi * (theta + even) : even;
}

Mean with_variance(const std::vector<double>& values, double share_of_variance) {
    const auto n = static_cast<double>(values.size());
    if (values.empty()) return {kNan, {kNan, kNan}};
    double mean = 0;
    for (const double x : values) mean += x / n;
    if (values.size() < 2) return {mean, {kNan, kNan}};
    double variance = 0;
    for (const double x : values) variance += (x - mean) * (x - mean) / (n - 1);
    const double t = student_quantile(0.975, static_cast<Index>(values.size()) - 1);
    const double half = t * std::sqrt(share_of_variance * variance);
    return {mean, {mean - half, mean + half}};
}

}  // namespace

double student_quantile(double share, Index degrees) {
    if (!(share >= 0.5 && share < 1) || degrees < 1) {
        throw std::invalid_argument("student_quantile: share " + std::to_string(share) + " with " +
                                    std::to_string(degrees) +
                                    " degrees; use 0.5 <= share < 1 and 1 degree or more");
    }
    double low = 0, high = 1;
    while (central_share(high, degrees) < 2 * share - 1) high *= 2;
    for (int i = 0; i < 80; ++i) {
        const double middle = (low + high) / 2;
        (central_share(middle, degrees) < 2 * share - 1 ? low : high) = middle;
    }
    return (low + high) / 2;
}

Mean mean_interval(const std::vector<double>& values) {
    return with_variance(values, 1 / static_cast<double>(values.size()));
}

Mean cross_validation_interval(const std::vector<double>& values, double test_share) {
    return with_variance(values, 1 / static_cast<double>(values.size()) + test_share);
}

}  // namespace dualtape::statistics
