#include "experiments/statistics/training_measures.h"

#include <cmath>

#include <doctest/doctest.h>

namespace dualtape::statistics {

namespace {

std::vector<double> steps(std::size_t count) {
    std::vector<double> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(100.0 * static_cast<double>(i));
    return all;
}

LearningCurve curve(std::vector<double> train, std::vector<double> test) {
    LearningCurve curve;
    curve.step = steps(train.size());
    curve.train_accuracy = std::move(train);
    curve.test_accuracy = std::move(test);
    return curve;
}

}  // namespace

TEST_CASE("a crossing is confirmed by the next two logs, or does not count") {
    const std::vector<double> at = steps(7);
    CHECK(first_confirmed(at, {0, 0.96, 0.5, 0.96, 0.97, 0.98, 0.2}, 0.95) == 300);
    CHECK(!first_confirmed(at, {0, 0.96, 0.5, 0.96, 0.97, 0.1, 0.99}, 0.95));
    CHECK(!first_confirmed(at, {0, 0, 0, 0, 0, 0.96, 0.97}, 0.95));  // only one log follows
    CHECK(first_confirmed(at, {1, 1, 1, 0, 0, 0, 0}, 0.95) == 0);
    const double nan = std::nan("");
    CHECK(!first_confirmed(at, {0, 0.96, 0.97, nan, 0.97, 0.98, nan}, 0.95));
}

TEST_CASE("classes of runs") {
    const auto class_of = [](const std::vector<double>& train, const std::vector<double>& test) {
        return measure_training(curve(train, test)).run_class;
    };
    const std::vector<double> fitted{0, 1, 1, 1, 1, 1, 1, 1};
    CHECK(class_of({0, 0.5, 0.6, 0.7, 0.9, 0.9, 0.9, 0.9}, fitted) == "not fitted");
    CHECK(class_of(fitted, {0, 0, 0, 0, 0.1, 0.1, 0.1, 0.1}) == "memorised");
    CHECK(class_of(fitted, {0, 0.2, 0.2, 0.3, 0.5, 0.96, 0.97, 1}) == "grokked");
    CHECK(class_of(fitted, {0, 0.6, 0.7, 0.9, 0.9, 0.96, 0.97, 1}) == "immediate");
    CHECK(class_of(fitted, {0, 0.2, 1, 1, 1, 1, 1, 1}) == "grokked");
    const TrainingMeasures measures =
        measure_training(curve(fitted, {0, 0.2, 0.2, 0.3, 0.92, 0.96, 0.97, 1}));
    CHECK(measures.t_mem == 100);
    CHECK(measures.t_grok == 400);
    CHECK(measures.t_gen == 500);
    CHECK(measures.delay == 400);
    CHECK(measures.censored_at == 700);
    CHECK(measures.best_test_accuracy == 1);
    CHECK_THROWS(measure_training({}));
}

TEST_CASE("spikes stand out of the running median and are counted once") {
    std::vector<double> loss(100, 1.0);
    loss[60] = 4;
    loss[61] = 9;
    loss[62] = 3.5;
    loss[80] = 2.9;
    const std::vector<Spike> spikes = find_spikes(steps(100), loss);
    REQUIRE(spikes.size() == 1);
    CHECK(spikes[0].step == 6100);
    CHECK(spikes[0].height == 9);
    CHECK(find_spikes({}, {}).empty());
    CHECK(find_jumps({0, 1, 2}, {0.1, 0.35, 0.7}).size() == 1);
}

}  // namespace dualtape::statistics
