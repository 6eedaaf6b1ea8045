#include "experiments/statistics/survival.h"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "engine/kernels/random.h"

namespace dualtape::statistics {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<EventTime> events(const std::vector<double>& times) {
    std::vector<EventTime> all;
    for (const double time : times) all.push_back({time, false});
    return all;
}

std::vector<EventTime> with_censored(const std::vector<double>& times,
                                     const std::vector<double>& censored) {
    std::vector<EventTime> all = events(times);
    for (const double time : censored) all.push_back({time, true});
    return all;
}

// Weeks in remission under 6-mercaptopurine and under placebo: Freireich et al. 1963, the worked
// example of Cox & Oakes, Analysis of Survival Data, and of most textbooks since.
std::vector<EventTime> treated() {
    return with_censored({6, 6, 6, 7, 10, 13, 16, 22, 23},
                         {6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35});
}
std::vector<EventTime> untreated() {
    return events({1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23});
}

}  // namespace

TEST_CASE("the survival curve and its standard errors are those of the textbook") {
    const std::vector<SurvivalStep> curve = kaplan_meier(treated());
    const double time[] = {6, 7, 10, 13, 16, 22, 23};
    const Index at_risk[] = {21, 17, 15, 12, 11, 7, 6};
    const double survival[] = {0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482};
    const double error[] = {0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346};
    REQUIRE(curve.size() == 7);
    for (std::size_t i = 0; i < 7; ++i) {
        INFO("week ", time[i]);
        const SurvivalStep& step = curve[i];
        CHECK(step.time == time[i]);
        CHECK(step.at_risk == at_risk[i]);
        CHECK(step.events == (i == 0 ? 3 : 1));
        CHECK(std::abs(step.survival - survival[i]) <= 5e-5);
        // Both limits are S^exp(+-c) with c = 1.96 error / (S |log S|).
        for (const double limit : {step.band.low, step.band.high}) {
            const double c = std::abs(std::log(std::log(limit) / std::log(step.survival)));
            const double greenwood =
                c / kNormal95 * step.survival * std::abs(std::log(step.survival));
            CHECK(std::abs(greenwood - error[i]) <= 5e-5);
        }
        CHECK(step.band.low < step.survival);
        CHECK(step.band.high > step.survival);
    }
}

TEST_CASE("the median and its interval are those of the textbook") {
    // R 4, survfit(..., conf.type = "log-log"): 23 (13 to NA) and 8 (4 to 11).
    const MedianTime with = median_time(treated());
    CHECK(with.median == 23);
    CHECK(with.interval.low == 13);
    CHECK(with.interval.high == kInfinity);
    const MedianTime without = median_time(untreated());
    CHECK(without.median == 8);
    CHECK(without.interval.low == 4);
    CHECK(without.interval.high == 11);
}

TEST_CASE("a hand-computed curve of five trainings of which two are censored") {
    // 100, 200+, 300, 400, 500+: S = 4/5, then 4/5 2/3 = 8/15, then 8/15 1/2 = 4/15.
    const std::vector<SurvivalStep> curve =
        kaplan_meier(with_censored({100, 300, 400}, {200, 500}));
    REQUIRE(curve.size() == 3);
    CHECK(curve[0].survival == doctest::Approx(4.0 / 5).epsilon(1e-15));
    CHECK(curve[1].survival == doctest::Approx(8.0 / 15).epsilon(1e-15));
    CHECK(curve[2].survival == doctest::Approx(4.0 / 15).epsilon(1e-15));
    // Greenwood at 300: 1/(5 4) + 1/(3 2) = 13/60.
    const double c = kNormal95 * std::sqrt(13.0 / 60) / std::abs(std::log(8.0 / 15));
    CHECK(curve[1].band.low == doctest::Approx(std::pow(8.0 / 15, std::exp(c))).epsilon(1e-14));
    CHECK(curve[1].band.high == doctest::Approx(std::pow(8.0 / 15, std::exp(-c))).epsilon(1e-14));
    CHECK(median_time(with_censored({100, 300, 400}, {200, 500})).median == 400);
}

TEST_CASE("an event and a censoring at the same time: the censored one was still at risk") {
    const std::vector<SurvivalStep> curve = kaplan_meier(with_censored({10, 20}, {10}));
    CHECK(curve[0].at_risk == 3);
    CHECK(curve[0].survival == doctest::Approx(2.0 / 3).epsilon(1e-15));
    CHECK(curve[1].at_risk == 1);
}

TEST_CASE("without censoring the median is the ordinary one, and the range bounds it") {
    for (const auto& values :
         {std::vector<double>{4}, {4, 2}, {5, 1, 2}, {4, 3, 2, 1}, {9, 1, 4, 2, 2}}) {
        const MedianTime time = median_time(events(values));
        CHECK(time.median == median(values));
        CHECK(time.interval.low == quantile(values, 0));
        CHECK(time.interval.high == quantile(values, 1));
    }
}

TEST_CASE("a median that half of the times or more do not reach is infinite") {
    CHECK(median_time(with_censored({100, 200}, {900})).median == 200);
    CHECK(median_time(with_censored({100, 200}, {900})).interval.high == kInfinity);
    CHECK(median_time(with_censored({100, 200}, {900, 900})).median == kInfinity);
    CHECK(median_time(with_censored({100}, {900, 900})).median == kInfinity);
    const MedianTime never = median_time(with_censored({}, {900, kInfinity}));
    CHECK(never.median == kInfinity);
    CHECK(never.interval.low == kInfinity);
    CHECK(kaplan_meier(with_censored({}, {900})).empty());
    CHECK(std::isnan(median_time({}).median));
    CHECK_THROWS_AS(kaplan_meier(events({1, std::nan("")})), std::invalid_argument);
    CHECK_THROWS_AS(kaplan_meier(events({kInfinity})), std::invalid_argument);
}

TEST_CASE("the interval of a median time covers it about as often as it says") {
    // 500 samples of 20 exponential times with median log 2, half of them censored at 1.2. A
    // share of 0.95 has a standard deviation of 0.01; three of them, and 0.02 for small samples.
    kernels::Stream stream(7, "test");
    int covered = 0;
    for (int trial = 0; trial < 500; ++trial) {
        std::vector<EventTime> times;
        for (int i = 0; i < 20; ++i) {
            const double time = -std::log(1 - stream.uniform<double>());
            const double end = i % 2 == 0 ? 1.2 : kInfinity;
            times.push_back({std::min(time, end), time > end});
        }
        const Interval interval = median_time(times).interval;
        covered += interval.low <= std::log(2.0) && std::log(2.0) <= interval.high ? 1 : 0;
    }
    CHECK(covered >= 450);
    CHECK(covered <= 495);
}

}  // namespace dualtape::statistics
