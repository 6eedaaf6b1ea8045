#include "experiments/analyses/probes/softmax_probe.h"

#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "experiments/analyses/probes/class_probe.h"
#include "tests/experiments/analyses/probes/golden_rows.h"
#include "tests/support/random.h"

namespace dualtape::analyses {

namespace {

std::vector<std::int32_t> in_turn(Index n, std::int32_t classes) {
    std::vector<std::int32_t> labels;
    for (Index i = 0; i < n; ++i) labels.push_back(static_cast<std::int32_t>(i) % classes);
    return labels;
}

// x as a raw input, beside one that knows nothing of it.
Mat<double> raw_integers(const std::vector<std::int32_t>& x, std::uint64_t seed) {
    Mat<double> features = testing::uniform_matrix(2, static_cast<Index>(x.size()), seed);
    for (std::size_t i = 0; i < x.size(); ++i) features(0, static_cast<Index>(i)) = x[i];
    return features;
}

}  // namespace

TEST_CASE("the softmax probe ends where its gradient vanishes") {
    // 5 x 5 parameters take exact steps, 5 x 131 conjugate gradients.
    const std::vector<std::int32_t> labels = in_turn(50, 5);
    for (const auto& row :
         {std::pair<Index, double>{4, 1e-3}, {4, 1}, {4, 1e3}, {130, 1e-3}, {130, 1}, {130, 1e3}}) {
        const auto& f = std::get<0>(row);
        const auto& penalty = std::get<1>(row);
        INFO(f, " features, penalty ", penalty);
        const Mat<double> x = testing::uniform_matrix(f, 50, 1);
        const SoftmaxProbe probe = fit_softmax(x, labels, 5, {.penalty = penalty});
        CHECK(probe.is_converged);
        CHECK((probe.products > 0) == (f == 130));
        Mat<double> gradient = penalty * probe.weights;
        Vec<double> of_intercepts = Vec<double>::Zero(5);
        const Mat<double> scores = class_scores(x, probe);
        for (Index i = 0; i < 50; ++i) {
            Vec<double> error = scores.col(i).array().exp();
            error /= error.sum();
            error[labels[static_cast<std::size_t>(i)]] -= 1;
            gradient += error * x.col(i).transpose();
            of_intercepts += error;
        }
        CHECK(std::hypot(gradient.norm(), of_intercepts.norm()) < 1.01e-6);
        CHECK(std::abs(probe.intercepts.sum()) < 1e-12);
    }
}

TEST_CASE("exact steps and conjugate gradients find the same probe") {
    // 128 copies of a feature at penalty 128 are one feature at penalty 1: the weight is shared
    // out.
    const std::vector<std::int32_t> labels = in_turn(60, 4);
    Mat<double> one = testing::uniform_matrix(1, 60, 5);
    for (Index i = 0; i < 60; ++i) one(0, i) += labels[static_cast<std::size_t>(i)];
    const SoftmaxProbe exact = fit_softmax(one, labels, 4, {.penalty = 1, .tolerance = 1e-9});
    const SoftmaxProbe iterated =
        fit_softmax(one.replicate(128, 1), labels, 4, {.penalty = 128, .tolerance = 1e-8});
    CHECK(exact.products == 0);
    CHECK(iterated.products > 0);
    CHECK((iterated.weights.rowwise().sum() - exact.weights).norm() < 1e-7);
    CHECK((iterated.intercepts - exact.intercepts).norm() < 1e-7);
}

TEST_CASE("two classes are logistic regression with half the penalty") {
    const Mat<double> x = testing::uniform_matrix(3, 40, 2);
    const std::vector<std::int32_t> labels = testing::uniform_tokens(40, 2, 3);
    const SoftmaxProbe two = fit_softmax(x, labels, 2, {.penalty = 0.2, .tolerance = 1e-9});
    const LogisticProbe one = fit_logistic(x, labels, {.penalty = 0.1, .tolerance = 1e-9});
    CHECK((two.weights.row(1) - two.weights.row(0) - one.weights.transpose()).norm() < 1e-7);
    CHECK(std::abs(two.intercepts[1] - two.intercepts[0] - one.intercept) < 1e-7);
}

TEST_CASE("three classes are scikit-learn's at its C") {
    std::map<std::string, std::vector<std::vector<double>>> golden;
    for (auto& [key, values] : golden_rows("softmax")) golden[key].push_back(std::move(values));
    const auto& samples = golden["sample"];
    Mat<double> x(4, static_cast<Index>(samples.size()));
    std::vector<std::int32_t> labels;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        labels.push_back(static_cast<std::int32_t>(samples[i][0]));
        for (Index f = 0; f < 4; ++f) {
            x(f, static_cast<Index>(i)) = samples[i][static_cast<std::size_t>(f) + 1];
        }
    }
    const SoftmaxProbe probe =
        fit_softmax(x, labels, 3, {.penalty = 1 / golden["C"][0][0], .tolerance = 1e-9});
    for (std::size_t k = 0; k < 3; ++k) {
        for (std::size_t f = 0; f < 4; ++f) {
            CHECK(std::abs(probe.weights(static_cast<Index>(k), static_cast<Index>(f)) -
                           golden["weights"][k][f]) < 1e-7);
        }
        CHECK(std::abs(probe.intercepts[static_cast<Index>(k)] - golden["intercepts"][0][k]) <
              1e-7);
    }
}

TEST_CASE("held out, all classes along a line are read, and random labels are not") {
    const std::vector<std::int32_t> x = in_turn(140, 7);
    const Mat<double> features = raw_integers(x, 4);
    ProbeProtocol settings{.repeats = 1, .penalties = {1e-4, 1e-2, 1, 100}};
    const ClassProbeResult read = run_class_probe(features, x, 7, {}, settings);
    CHECK(read.accuracy.mean == 1);
    CHECK(read.balanced_accuracy.mean == 1);
    CHECK(read.num_unconverged == 0);
    CHECK(read.balance.base_rate == doctest::Approx(1.0 / 7).epsilon(1e-15));
    // One-hot least squares masks the classes in between: the reason for this probe.
    Mat<double> one_hot = Mat<double>::Zero(7, 140);
    for (Index i = 0; i < 140; ++i) one_hot(x[static_cast<std::size_t>(i)], i) = 1;
    const Mat<double> predicted = predict(fit_ridge(decompose(features), one_hot, 1e-4), features);
    Index right = 0;
    for (Index i = 0; i < 140; ++i) {
        Index best = 0;
        predicted.col(i).maxCoeff(&best);
        right += best == x[static_cast<std::size_t>(i)] ? 1 : 0;
    }
    CHECK(right < 60);

    const std::vector<std::int32_t> random = testing::uniform_tokens(140, 4, 9);
    const ClassProbeResult chance = run_class_probe(features, random, 4, {}, settings);
    CHECK(chance.balanced_accuracy.interval.low <= 0.25);
    CHECK(0.25 <= chance.balanced_accuracy.interval.high);
    settings.threads = 3;
    CHECK(run_class_probe(features, random, 4, {}, settings).accuracies == chance.accuracies);
    // Held out by its own value, no class is in the training folds.
    CHECK_THROWS_AS(run_class_probe(features, x, 7, x, settings), std::invalid_argument);
}

TEST_CASE("the softmax probe refuses what has no optimum") {
    const Mat<double> x = Mat<double>::Ones(1, 3);
    const std::vector<std::int32_t> labels{0, 1, 1};
    CHECK_THROWS_WITH_AS(fit_softmax(x, labels, 3, {}), doctest::Contains("class 2 has no samples"),
                         std::invalid_argument);
    CHECK_THROWS_AS(fit_softmax(x, labels, 1, {}), std::invalid_argument);
    CHECK_THROWS_AS(fit_softmax(x, labels, 2, {.penalty = 0}), std::invalid_argument);
    CHECK_THROWS_AS(fit_softmax(Mat<double>::Ones(1, 2), labels, 2, {}), std::invalid_argument);
    CHECK_THROWS_AS(class_scores(Mat<double>::Ones(2, 3), fit_softmax(x, labels, 2, {})),
                    std::invalid_argument);
}

}  // namespace dualtape::analyses
