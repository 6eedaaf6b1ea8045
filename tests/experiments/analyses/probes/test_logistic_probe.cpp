#include "experiments/analyses/probes/logistic_probe.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/experiments/analyses/probes/golden_rows.h"
#include "tests/support/random.h"

namespace dualtape::analyses {

namespace {

struct Sample {
    Mat<double> features;
    std::vector<std::int32_t> labels;
};

// Uniform features, labels by the sign of a noisy sum.
Sample noisy(Index features, Index samples, std::uint64_t seed) {
    Sample sample{testing::uniform_matrix(features, samples, seed), {}};
    const Vec<double> noise = testing::uniform_vector(samples, seed + 1000);
    for (Index i = 0; i < samples; ++i) {
        sample.labels.push_back(sample.features.col(i).sum() + noise[i] > 0.2 ? 1 : 0);
    }
    return sample;
}

// J and its gradient, written as they are defined.
double objective(const Sample& sample, const Vec<double>& w, double c, double penalty) {
    double sum = penalty / 2 * w.squaredNorm();
    for (Index i = 0; i < sample.features.cols(); ++i) {
        const double t = sample.labels[static_cast<std::size_t>(i)] == 1 ? 1 : -1;
        sum += std::log1p(std::exp(-t * (w.dot(sample.features.col(i)) + c)));
    }
    return sum;
}
Vec<double> gradient(const Sample& sample, const LogisticProbe& probe, double penalty) {
    Vec<double> g(probe.weights.size() + 1);
    g << penalty * probe.weights, 0;
    for (Index i = 0; i < sample.features.cols(); ++i) {
        const double odds = probe.weights.dot(sample.features.col(i)) + probe.intercept;
        const double error = 1 / (1 + std::exp(-odds)) - sample.labels[static_cast<std::size_t>(i)];
        g.head(probe.weights.size()) += error * sample.features.col(i);
        g[probe.weights.size()] += error;
    }
    return g;
}

}  // namespace

TEST_CASE("Newton ends where the gradient of the objective vanishes") {
    for (const auto& size : {std::pair<Index, Index>{3, 80}, {1, 20}, {30, 20}}) {
        const Index f = size.first;
        const Sample sample = noisy(f, size.second, 3);
        for (const double penalty : {1e-4, 1.0, 1e4}) {
            INFO(f, " features, penalty ", penalty);
            const LogisticProbe probe =
                fit_logistic(sample.features, sample.labels, {.penalty = penalty});
            CHECK(probe.is_converged);
            CHECK(probe.gradient_norm < 1e-6);
            const double norm = gradient(sample, probe, penalty).norm();
            CHECK(norm < 1e-6);
            CHECK(std::abs(norm - probe.gradient_norm) < 1e-9);
            CHECK(probe.objective ==
                  doctest::Approx(objective(sample, probe.weights, probe.intercept, penalty))
                      .epsilon(1e-12));
            // The strictly convex objective is larger everywhere else.
            for (std::uint64_t seed = 0; seed < 5; ++seed) {
                const Vec<double> step = 1e-2 * testing::uniform_vector(f + 1, seed);
                CHECK(objective(sample, probe.weights + step.head(f), probe.intercept + step[f],
                                penalty) > probe.objective);
            }
        }
    }
}

TEST_CASE("weights, intercept and balanced classes are scikit-learn's at its C") {
    for (const char* name : {"logistic", "logistic_weak", "logistic_strong", "logistic_separable",
                             "logistic_balanced"}) {
        INFO(name);
        std::vector<std::vector<double>> samples;
        std::vector<double> weights;
        double c = 0, balanced = 0, intercept = 0;
        for (const auto& [key, values] : golden_rows(name)) {
            if (key == "C") c = values[0];
            if (key == "balanced") balanced = values[0];
            if (key == "intercept") intercept = values[0];
            if (key == "weights") weights = values;
            if (key == "sample") samples.push_back(values);
        }
        Sample sample{Mat<double>(4, static_cast<Index>(samples.size())), {}};
        for (std::size_t i = 0; i < samples.size(); ++i) {
            sample.labels.push_back(static_cast<std::int32_t>(samples[i][0]));
            for (Index f = 0; f < 4; ++f) {
                sample.features(f, static_cast<Index>(i)) =
                    samples[i][static_cast<std::size_t>(f) + 1];
            }
        }
        const LogisticProbe probe =
            fit_logistic(sample.features, sample.labels,
                         {.penalty = 1 / c, .tolerance = 1e-9, .balances_classes = balanced != 0});
        CHECK(probe.is_converged);
        for (Index f = 0; f < 4; ++f) {
            CHECK(std::abs(probe.weights[f] - weights[static_cast<std::size_t>(f)]) < 1e-7);
        }
        CHECK(std::abs(probe.intercept - intercept) < 1e-6);
    }
}

TEST_CASE("balancing classes is repeating the samples of the rarer one") {
    // 10 negatives and 30 positives weigh 2 and 2/3: with each negative three times and everything
    // weighing 2/3, the objective is that of penalty 3/2 times as large.
    Sample sample = noisy(2, 40, 8);
    for (std::size_t i = 0; i < 40; ++i) sample.labels[i] = i < 10 ? 0 : 1;
    Sample repeated{Mat<double>(2, 60), {}};
    for (Index i = 0; i < 60; ++i) {
        const Index of = i < 30 ? i / 3 : i - 20;
        repeated.features.col(i) = sample.features.col(of);
        repeated.labels.push_back(sample.labels[static_cast<std::size_t>(of)]);
    }
    const LogisticProbe balanced =
        fit_logistic(sample.features, sample.labels,
                     {.penalty = 1, .tolerance = 1e-10, .balances_classes = true});
    const LogisticProbe plain =
        fit_logistic(repeated.features, repeated.labels, {.penalty = 1.5, .tolerance = 1e-10});
    CHECK((balanced.weights - plain.weights).norm() < 1e-9);
    CHECK(std::abs(balanced.intercept - plain.intercept) < 1e-9);
}

TEST_CASE("separable classes have a finite probe that separates them") {
    Sample sample{Mat<double>(1, 6), {0, 0, 0, 1, 1, 1}};
    sample.features << -3, -2, -1, 1, 2, 3;
    for (const double penalty : {1e-8, 1e-4, 1.0}) {
        INFO("penalty ", penalty);
        const LogisticProbe probe =
            fit_logistic(sample.features, sample.labels, {.penalty = penalty});
        CHECK(probe.is_converged);
        CHECK(std::isfinite(probe.weights[0]));
        // By symmetry the intercept is 0, and w solves lambda w = 2 sum x / (1 + exp(w x)).
        CHECK(std::abs(probe.intercept) < 1e-5);
        const double w = probe.weights[0];
        double pull = 0;
        for (const double x : {1.0, 2.0, 3.0}) pull += 2 * x / (1 + std::exp(w * x));
        CHECK(std::abs(penalty * w - pull) < 1e-6);
    }
}

TEST_CASE("a start changes the path, not the end; too few iterations are reported") {
    const Sample sample = noisy(5, 100, 5);
    const LogisticSettings settings{.penalty = 0.01, .tolerance = 1e-10};
    const LogisticProbe cold = fit_logistic(sample.features, sample.labels, settings);
    LogisticProbe start = cold;
    start.weights.setConstant(40);
    start.intercept = -30;
    const LogisticProbe warm = fit_logistic(sample.features, sample.labels, settings, &start);
    CHECK(warm.is_converged);
    CHECK((warm.weights - cold.weights).norm() < 1e-8);
    CHECK(fit_logistic(sample.features, sample.labels, settings, &cold).iterations == 0);
    const LogisticProbe stopped =
        fit_logistic(sample.features, sample.labels, {.penalty = 0.01, .max_iterations = 1});
    CHECK_FALSE(stopped.is_converged);
    CHECK(stopped.iterations == 1);
    CHECK(stopped.gradient_norm > 1e-6);
}

TEST_CASE("a probe of features without information is the base rate") {
    const std::vector<std::int32_t> labels{1, 0, 0, 0};
    const LogisticProbe probe = fit_logistic(Mat<double>::Zero(2, 4), labels, {});
    CHECK(probe.weights.norm() == 0);
    CHECK(probe.intercept == doctest::Approx(-std::log(3)).epsilon(1e-12));
    const LogisticProbe none = fit_logistic(Mat<double>(0, 4), labels, {});
    CHECK(none.is_converged);
    CHECK(log_odds(Mat<double>(0, 3), none).size() == 3);
}

TEST_CASE("what has no probe is refused") {
    const Mat<double> x = Mat<double>::Ones(1, 3);
    const std::vector<std::int32_t> mixed{0, 1, 1}, ones{1, 1, 1};
    CHECK_THROWS_WITH_AS(fit_logistic(x, ones, {}), doctest::Contains("all 3 labels are equal"),
                         std::invalid_argument);
    CHECK_THROWS_AS(fit_logistic(x, std::vector<std::int32_t>{0, 1}, {}), std::invalid_argument);
    CHECK_THROWS_AS(fit_logistic(x, std::vector<std::int32_t>{0, 1, 2}, {}), std::invalid_argument);
    CHECK_THROWS_AS(fit_logistic(x, mixed, {.penalty = 0}), std::invalid_argument);
    CHECK_THROWS_AS(fit_logistic(x, mixed, {.tolerance = 0}), std::invalid_argument);
    const Mat<double> nan = Mat<double>::Constant(1, 3, std::nan(""));
    CHECK_THROWS_AS(fit_logistic(nan, mixed, {}), std::invalid_argument);
    const LogisticProbe probe = fit_logistic(x, mixed, {});
    CHECK_THROWS_AS(log_odds(Mat<double>::Ones(2, 3), probe), std::invalid_argument);
}

}  // namespace dualtape::analyses
