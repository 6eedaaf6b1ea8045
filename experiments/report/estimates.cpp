#include "experiments/report/estimates.h"

#include <cmath>

#include "experiments/report/run_tables.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::report {

Estimate estimate_time(const std::vector<statistics::EventTime>& times) {
    const statistics::MedianTime median = statistics::median_time(times);
    Estimate estimate;
    estimate.is_time = true;
    estimate.seeds = static_cast<double>(times.size());
    for (const statistics::EventTime& of : times) estimate.censored += of.is_censored ? 1 : 0;
    estimate.median = median.median;
    estimate.low = median.interval.low;
    estimate.high = median.interval.high;
    return estimate;
}

Estimate estimate_value(std::vector<double> values) {
    std::erase_if(values, [](double value) { return std::isnan(value); });
    const statistics::Interval interval = statistics::median_interval(values);
    Estimate estimate;
    estimate.seeds = static_cast<double>(values.size());
    estimate.median = statistics::median(values);
    if (values.size() < 2) return estimate;
    estimate.low = interval.low;
    estimate.high = interval.high;
    return estimate;
}

std::string interval_name(double seeds) {
    return seeds < static_cast<double>(statistics::kFewestForInterval) ? "range" : "95 % interval";
}

std::string text_of(const Estimate& of) {
    const std::string share = readable(of.censored) + " of " + readable(of.seeds);
    if (std::isinf(of.median) && of.seeds > 1) return "censored in " + share + " seeds";
    const auto said = [&](double value) {
        return of.is_time && std::isinf(value) ? "censored" : readable(value);
    };
    std::string text = said(of.median);
    if (!std::isnan(of.low)) text += " (" + said(of.low) + " to " + said(of.high) + ")";
    if (of.censored > 0 && of.seeds > 1) text += ", " + share + " censored";
    return text;
}

}  // namespace dualtape::report
