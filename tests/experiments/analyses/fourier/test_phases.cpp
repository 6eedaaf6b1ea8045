#include "experiments/analyses/fourier/phases.h"

#include <cmath>

#include <doctest/doctest.h>

#include "engine/kernels/random.h"

namespace dualtape::analyses {

namespace {

// A training of 150 logs every 100 steps, as it is published: train accuracy full at 1400, circuits
// from 1400 on, cleanup from 9000 to 12000. log10 of each curve is a broken line with noise.
ProgressCurves training(double noise, std::uint64_t seed, bool has_cleanup = true) {
    ProgressCurves curves;
    kernels::Stream stream(seed, "test");
    for (int i = 0; i < 150; ++i) {
        const double step = 100.0 * i;
        const double memorising = std::min(step, 1400.0) / 1400;
        const double forming = std::clamp((step - 1400) / 7600, 0.0, 1.0);
        const double cleaning = has_cleanup ? std::clamp((step - 9000) / 3000, 0.0, 1.0) : 0.0;
        const auto curve = [&](double log) {
            return std::pow(10, log + noise * stream.normal<double>());
        };
        curves.step.push_back(step);
        curves.train_accuracy.push_back(memorising);
        curves.test_loss.push_back(curve(1.2 - 0.3 * forming - 6 * cleaning));
        curves.restricted_loss.push_back(curve(0.7 - 1.5 * forming - 6 * cleaning));
        curves.excluded_loss.push_back(curve(0.7 - 4 * memorising + 3 * forming + 2 * cleaning));
        curves.sum_of_squares.push_back(curve(3.5 - 0.2 * forming - 0.4 * cleaning));
    }
    return curves;
}

}  // namespace

TEST_CASE("boundaries of a known training are found, with intervals that hold them") {
    for (const std::uint64_t seed : {0, 1, 2, 3, 4}) {
        INFO("seed ", seed);
        const TrainingPhases found = detect_phases(training(0.05, seed), {200, 200, seed});
        REQUIRE(found.memorised);
        CHECK(*found.memorised == 1400);
        REQUIRE(found.circuit_begins);
        REQUIRE(found.cleanup_begins);
        REQUIRE(found.cleanup_ends);
        const auto near = [](const statistics::Knot& knot, double truth) {
            CHECK(std::abs(knot.x - truth) <= 200);
            CHECK(knot.interval.low <= knot.x);
            CHECK(knot.x <= knot.interval.high);
            // Steps of the log are 100; the smoothing moves a kink by up to one.
            CHECK(knot.interval.low - 100 <= truth);
            CHECK(truth <= knot.interval.high + 100);
            CHECK(knot.interval.high - knot.interval.low <= 800);
        };
        near(*found.circuit_begins, 1400);
        near(*found.cleanup_begins, 9000);
        near(*found.cleanup_ends, 12000);
        REQUIRE(found.phases.size() == 3);
        CHECK(found.phases[1].name == "circuit formation");
        CHECK(found.phases[1].is_as_defined);
        CHECK(found.phases[1].excluded_loss == doctest::Approx(3).epsilon(0.1));
        CHECK(found.phases[2].is_as_defined);
        CHECK(found.phases[2].test_loss == doctest::Approx(-6).epsilon(0.1));
        CHECK(found.phases[2].to == found.cleanup_ends->x);
    }
}

TEST_CASE("what did not happen is not found") {
    const TrainingPhases flat = detect_phases(training(0.05, 7, false), {50, 200, 0});
    CHECK(flat.memorised);
    CHECK(!flat.cleanup_begins);
    CHECK(!flat.circuit_begins);
    CHECK(flat.phases.size() == 1);

    ProgressCurves unfitted = training(0.05, 8);
    for (double& accuracy : unfitted.train_accuracy) accuracy *= 0.9;
    const TrainingPhases none = detect_phases(unfitted, {50, 200, 0});
    CHECK(!none.memorised);
    CHECK(none.phases.empty());

    // Cut in the middle of cleanup: it has a beginning and no end.
    ProgressCurves cut = training(0.02, 9);
    for (std::vector<double>* curve :
         {&cut.step, &cut.train_accuracy, &cut.test_loss, &cut.restricted_loss, &cut.excluded_loss,
          &cut.sum_of_squares}) {
        curve->resize(111);
    }
    const TrainingPhases half = detect_phases(cut, {50, 200, 0});
    REQUIRE(half.cleanup_begins);
    CHECK(std::abs(half.cleanup_begins->x - 9000) <= 300);
    CHECK(!half.cleanup_ends);
    CHECK(half.phases.back().to == 11000);

    // Memorised in the last logs: nothing to divide.
    ProgressCurves late = training(0.05, 10);
    for (std::size_t i = 0; i < 145; ++i) late.train_accuracy[i] = 0.5;
    CHECK(!detect_phases(late, {50, 200, 0}).cleanup_begins);
}

TEST_CASE("losses of exactly zero and long logs are taken") {
    ProgressCurves curves = training(0.02, 11);
    for (std::size_t i = 120; i < 150; ++i) curves.test_loss[i] = 0;
    CHECK(detect_phases(curves, {20, 200, 0}).cleanup_begins);
    // Thinned to every third log.
    const TrainingPhases thinned = detect_phases(training(0.02, 12), {20, 40, 0});
    REQUIRE(thinned.cleanup_begins);
    CHECK(std::abs(thinned.cleanup_begins->x - 9000) <= 400);
}

TEST_CASE("curves that do not fit together are refused") {
    const PhaseSettings settings;
    ProgressCurves curves = training(0.05, 0);
    curves.excluded_loss.pop_back();
    CHECK_THROWS_AS(detect_phases(curves, settings), std::invalid_argument);
    curves = training(0.05, 0);
    curves.test_loss[3] = NAN;
    CHECK_THROWS_AS(detect_phases(curves, settings), std::invalid_argument);
    curves = training(0.05, 0);
    curves.step[3] = curves.step[2];
    CHECK_THROWS_AS(detect_phases(curves, settings), std::invalid_argument);
    CHECK_THROWS_AS(detect_phases({}, settings), std::invalid_argument);
}

}  // namespace dualtape::analyses
