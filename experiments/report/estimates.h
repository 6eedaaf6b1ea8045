#pragma once
// A quantity over the seeds of a run: its median with a 95 % interval, and how it is said.

#include <limits>
#include <string>
#include <vector>

#include "experiments/statistics/survival.h"

namespace dualtape::report {

struct Estimate {
    double seeds = 0;      // that have the quantity
    double censored = 0;   // of these, times not reached
    bool is_time = false;  // a step, or a difference or ratio of steps, that may be censored
    double median = std::numeric_limits<double>::quiet_NaN();
    double low = std::numeric_limits<double>::quiet_NaN(), high = low;
};

// Median and interval by Kaplan-Meier; +inf: not reached by half of the seeds.
Estimate estimate_time(const std::vector<statistics::EventTime>& times);
// Median and bootstrap interval of the values that are not NaN; one value has no interval.
Estimate estimate_value(std::vector<double> values);

// What low and high are of so many seeds: "range" where they are too few for a "95 % interval".
std::string interval_name(double seeds);

// "0.97", "0.97 (0.95 to 0.98)", "830 (700 to censored), 2 of 5 censored", "censored",
// "censored in 3 of 5 seeds".
std::string text_of(const Estimate& estimate);

}  // namespace dualtape::report
