#include "experiments/statistics/survival.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace dualtape::statistics {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Products of fractions that should be one half differ from it by rounding; other values by more
// than this while there are fewer than a million times.
constexpr double kHalfRounding = 1e-9;

void check(const std::vector<EventTime>& times) {
    for (const EventTime& of : times) {
        if (std::isnan(of.time) || (std::isinf(of.time) && !of.is_censored)) {
            throw std::invalid_argument(
                "kaplan_meier: an event has no time; mark it as censored instead");
        }
    }
}

// The first time at which a value of the curve is at most one half; +inf if none is.
template <class Value>
double first_below_half(const std::vector<SurvivalStep>& curve, Value value) {
    for (const SurvivalStep& step : curve) {
        if (value(step) <= 0.5 + kHalfRounding) return step.time;
    }
    return kInfinity;
}

}  // namespace

std::vector<SurvivalStep> kaplan_meier(std::vector<EventTime> times) {
    check(times);
    std::sort(times.begin(), times.end(),
              [](const EventTime& a, const EventTime& b) { return a.time < b.time; });
    std::vector<SurvivalStep> curve;
    double survival = 1;
    double greenwood = 0;  // sum of d / (n (n - d)): the variance of log S
    for (std::size_t i = 0; i < times.size();) {
        SurvivalStep step{.time = times[i].time, .at_risk = static_cast<Index>(times.size() - i)};
        for (; i < times.size() && times[i].time == step.time; ++i) {
            step.events += times[i].is_censored ? 0 : 1;
        }
        if (step.events == 0) continue;
        const auto n = static_cast<double>(step.at_risk), d = static_cast<double>(step.events);
        survival *= 1 - d / n;
        step.survival = survival;
        if (survival > 0) {
            greenwood += d / (n * (n - d));
            const double c = kNormal95 * std::sqrt(greenwood) / std::log(survival);
            step.band = {std::pow(survival, std::exp(-c)), std::pow(survival, std::exp(c))};
        }
        curve.push_back(step);
    }
    return curve;
}

MedianTime median_time(const std::vector<EventTime>& times) {
    if (times.empty()) return {std::nan(""), {std::nan(""), std::nan("")}};
    const std::vector<SurvivalStep> curve = kaplan_meier(times);
    MedianTime result;
    result.median = first_below_half(curve, [](const SurvivalStep& s) { return s.survival; });
    for (std::size_t i = 0; i < curve.size(); ++i) {
        if (std::abs(curve[i].survival - 0.5) > kHalfRounding) continue;
        result.median = i + 1 < curve.size() ? (curve[i].time + curve[i + 1].time) / 2 : kInfinity;
    }
    result.interval = {first_below_half(curve, [](const SurvivalStep& s) { return s.band.low; }),
                       first_below_half(curve, [](const SurvivalStep& s) { return s.band.high; })};
    return result;
}

}  // namespace dualtape::statistics
