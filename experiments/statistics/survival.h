#pragma once
// Times to an event that some trainings do not reach within their budget.

#include <vector>

#include "experiments/statistics/statistics.h"

namespace dualtape::statistics {

// One training: when the event came, or until when it was followed without it. Censored at
// infinity: never had it and never will.
struct EventTime {
    double time = 0;
    bool is_censored = false;
};

// The survival curve from one event time to the next.
struct SurvivalStep {
    double time = 0;
    Index at_risk = 0;    // followed up to here without the event
    Index events = 0;     // that had it now
    double survival = 1;  // share without the event afterwards
    Interval band{};      // 95 %, at this time alone
};

// The Kaplan-Meier estimate, a step per distinct event time t_i with n_i at risk and d_i events:
//   S(t) = prod_{t_i <= t} (1 - d_i / n_i)
// A time that is censored when an event comes still counts as at risk. The band is Greenwood's,
// symmetric in log(-log S), so that it stays between 0 and 1 and holds for small samples:
//   S^exp(-c) and S^exp(c), c = 1.96 sqrt(sum_{t_i <= t} d_i / (n_i (n_i - d_i))) / log S
// Where S is 0 nobody is left, and so is the band. No events: no steps.
// Throws std::invalid_argument for NaN, and for an event at infinity.
// Source: Kaplan & Meier 1958; Kalbfleisch & Prentice, The Statistical Analysis of Failure Time
// Data, section 1.4.
std::vector<SurvivalStep> kaplan_meier(std::vector<EventTime> times);

// The time by which half have had the event, with its 95 % interval: the times at which the band
// includes one half. +inf: not reached, by the estimate or by an end of the interval.
struct MedianTime {
    double median = 0;
    Interval interval;
};

// When exactly half have had it, the middle between that event and the next, as in the median of
// an even number; +inf if there is no next. Without censoring this is the ordinary median, and the
// interval of fewer than 7 times is their range, which holds the true median in 1 - 2^(1-n) of
// samples (94 % of five). NaN for no times.
// Source: Brookmeyer & Crowley 1982.
MedianTime median_time(const std::vector<EventTime>& times);

}  // namespace dualtape::statistics
