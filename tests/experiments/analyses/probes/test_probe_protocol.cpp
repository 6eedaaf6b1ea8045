#include "experiments/analyses/probes/probe_protocol.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <stdexcept>

#include <doctest/doctest.h>

#include "engine/kernels/elementary.h"
#include "engine/kernels/random.h"
#include "experiments/analyses/probes/components.h"
#include "experiments/analyses/probes/erasure.h"
#include "experiments/pairs/split.h"
#include "tests/experiments/analyses/probes/golden_rows.h"

namespace dualtape::analyses {

using namespace dualtape::pairs;
namespace {

struct TwoClasses {
    Mat<double> features;
    std::vector<std::int32_t> labels;
};

// Two normal classes of unit variance in F dimensions, their means `distance` apart along the
// first axis: the best accuracy of any classifier is Phi(distance / 2).
TwoClasses two_normals(Index f, Index n, double distance, std::uint64_t seed) {
    TwoClasses sample{Mat<double>(f, n), {}};
    kernels::Stream stream(seed, "test");
    stream.fill_normal(sample.features.data(), f * n);
    for (Index i = 0; i < n; ++i) {
        sample.labels.push_back(static_cast<std::int32_t>(i % 2));
        sample.features(0, i) += i % 2 == 1 ? distance : 0;
    }
    return sample;
}

double normal_cdf(double x) {
    double y = 0;
    kernels::normal_cdf(&y, &x, 1);
    return y;
}

Mat<double> raw_integers(const Pairs& pairs) {
    Mat<double> features(2, pairs.size());
    for (Index i = 0; i < pairs.size(); ++i) {
        features(0, i) = pairs.x[static_cast<std::size_t>(i)];
        features(1, i) = pairs.y[static_cast<std::size_t>(i)];
    }
    return features;
}

bool are_equal(const Scores& a, const Scores& b) {
    bool equal = true;
    for (const ScoreKind& score : kScoreKinds) equal &= a.*score.member == b.*score.member;
    return equal;
}

}  // namespace

TEST_CASE("the Bayes accuracy of two normal classes lies in the interval, as does the area") {
    for (const double distance : {1.0, 3.0}) {
        const TwoClasses sample = two_normals(5, 1200, distance, 17);
        const ProbeResult result = run_probe(sample.features, sample.labels, {}, {.seed = 2});
        INFO("distance ", distance);
        REQUIRE(result.scores.size() == 25);
        CHECK(result.num_unconverged == 0);
        CHECK(result.largest_gradient_norm < 1e-6);
        const double bayes = normal_cdf(distance / 2);
        INFO("accuracy ", result.summary.mean.accuracy, " in ", result.summary.low.accuracy, " .. ",
             result.summary.high.accuracy, ", best ", bayes);
        CHECK(result.summary.low.accuracy <= bayes);
        CHECK(bayes <= result.summary.high.accuracy);
        CHECK(result.summary.high.accuracy - result.summary.low.accuracy < 0.1);
        // The area under the curve of two normals: Phi(distance / sqrt 2).
        const double area = normal_cdf(distance / std::numbers::sqrt2);
        CHECK(result.summary.low.roc_auc <= area);
        CHECK(area <= result.summary.high.roc_auc);
        CHECK(result.summary.low.bits_gained > 0);
        CHECK(result.balance.base_rate == 0.5);
    }
}

TEST_CASE("the whole protocol gives the same bits for any number of threads") {
    const TwoClasses sample = two_normals(6, 150, 1, 3);
    ProbeProtocol settings{.repeats = 2, .inner_folds = 2, .threads = 1};
    const ProbeResult serial = run_probe(sample.features, sample.labels, {}, settings);
    settings.threads = 3;
    const ProbeResult parallel = run_probe(sample.features, sample.labels, {}, settings);
    CHECK(serial.penalties == parallel.penalties);
    CHECK(are_equal(serial.summary.mean, parallel.summary.mean));
    CHECK(are_equal(serial.summary.low, parallel.summary.low));
    settings.seed = 9;
    CHECK_FALSE(are_equal(serial.summary.mean,
                          run_probe(sample.features, sample.labels, {}, settings).summary.mean));
}

TEST_CASE("scale, offset, rotation, dead and repeated features change no held-out score") {
    const TwoClasses sample = two_normals(3, 200, 2, 5);
    const ProbeProtocol settings{.repeats = 1};
    const ProbeResult plain = run_probe(sample.features, sample.labels, {}, settings);
    Mat<double> changed(4, 200);
    changed << 1e3 * sample.features.row(0), sample.features.row(1).array() - 50,
        Mat<double>::Constant(1, 200, 0.1), 1e-3 * sample.features.row(2);
    const ProbeResult scaled = run_probe(changed, sample.labels, {}, settings);
    CHECK(plain.penalties == scaled.penalties);
    for (const ScoreKind& score : kScoreKinds) {
        INFO(score.name);
        CHECK(std::abs(plain.summary.mean.*score.member - scaled.summary.mean.*score.member) <
              1e-6);
    }
    const double c = std::cos(0.3), s = std::sin(0.3);
    Mat<double> rotated = sample.features;
    rotated.row(0) = c * sample.features.row(0) - s * sample.features.row(1);
    rotated.row(1) = s * sample.features.row(0) + c * sample.features.row(1);
    const ProbeProtocol in_units{.repeats = 1, .is_standardised = false};
    CHECK(run_probe(rotated, sample.labels, {}, in_units).summary.mean.bits_gained ==
          doctest::Approx(
              run_probe(sample.features, sample.labels, {}, in_units).summary.mean.bits_gained)
              .epsilon(1e-6));
    // A linear map of three features into eight has three components.
    Mat<double> wide = Mat<double>::Ones(8, 3) * sample.features;
    wide.topRows(3) += sample.features;
    CHECK(principal_components(wide).directions.cols() == 3);
}

TEST_CASE("components are orthonormal, of mean zero, and lead back to weights on the features") {
    const TwoClasses sample = two_normals(4, 50, 1, 6);
    const Components components = principal_components(sample.features);
    const Mat<double> z = components.apply(sample.features);
    CHECK(z.rowwise().mean().norm() < 1e-13);
    const Mat<double> gram = z * z.transpose();
    CHECK(std::abs(gram.trace() - 4 * 50) < 1e-10);
    CHECK((gram - Mat<double>(gram.diagonal().asDiagonal())).norm() < 1e-10);
    const Vec<double> v = Vec<double>::LinSpaced(4, -1, 2);
    const Vec<double> w = components.raw_weights(v);
    const Vec<double> through = (sample.features.transpose() * w).array() - w.dot(components.mean);
    CHECK((through - z.transpose() * v).norm() < 1e-12);
    CHECK(principal_components(Mat<double>::Ones(3, 5)).directions.cols() == 0);
    CHECK_THROWS_AS(principal_components(Mat<double>(3, 0)), std::invalid_argument);
}

TEST_CASE("the literal protocol reads no parity from two integers: the majority exactly") {
    // On the whole grid the best affine map has slope zero: x -> 96 - x keeps parity.
    const pairs::Task task = pairs::make_task({.operation = "add", .p = 97});
    std::vector<std::int32_t> all(task.labels.size());
    std::iota(all.begin(), all.end(), 0);
    const Pairs grid = pairs_of(task, all);
    const LiteralProbe whole =
        run_literal_probe(raw_integers(grid), make_concept("x_even", grid).labels);
    CHECK(whole.probe.is_converged);
    CHECK(whole.converged.is_converged);
    CHECK(whole.converged.weights.norm() < 1e-10);
    CHECK(whole.converged_scores.accuracy == whole.scores.accuracy);
    CHECK(whole.scores.accuracy == whole.balance.base_rate);
    CHECK(whole.scores.accuracy == doctest::Approx(49.0 / 97).epsilon(1e-15));
    CHECK(whole.scores.roc_auc == doctest::Approx(0.5).epsilon(0.02));

    // The published fifth of the grid, where chance gives the fit 0.5165.
    const pairs::Split split =
        pairs::make_split(task, {.train_fraction = 0.8, .seed = 42, .generator = "torch"});
    REQUIRE(split.test.size() == 1882);
    const Pairs pairs = pairs_of(task, split.test);
    const LiteralProbe part =
        run_literal_probe(raw_integers(pairs), make_concept("x_even", pairs).labels);
    CHECK(part.balance.base_rate == doctest::Approx(955.0 / 1882).epsilon(1e-15));
    CHECK(part.scores.accuracy == doctest::Approx(972.0 / 1882).epsilon(1e-15));
    CHECK(part.converged_scores.accuracy == doctest::Approx(972.0 / 1882).epsilon(1e-15));
}

TEST_CASE("the literal protocol stops where scikit-learn's L-BFGS stops") {
    std::vector<std::vector<double>> samples, stopped;
    for (const auto& [key, values] : golden_rows("logistic_stopped")) {
        if (key == "sample") samples.push_back(values);
        if (key == "stopped") stopped.push_back(values);
    }
    TwoClasses sample{Mat<double>(8, static_cast<Index>(samples.size())), {}};
    for (std::size_t i = 0; i < samples.size(); ++i) {
        sample.labels.push_back(static_cast<std::int32_t>(samples[i][0]));
        for (Index f = 0; f < 8; ++f) {
            sample.features(f, static_cast<Index>(i)) = samples[i][static_cast<std::size_t>(f) + 1];
        }
    }
    REQUIRE(stopped.size() == 6);
    for (const std::vector<double>& row : stopped) {
        const LiteralProbe literal =
            run_literal_probe(sample.features, sample.labels, static_cast<int>(row[0]));
        INFO("at most ", row[0], " iterations");
        // Line searches differ, so that objectives do, by some percent of the way to the minimum.
        CHECK(std::abs(literal.probe.iterations - row[1]) <= 0.1 * row[1]);
        CHECK(std::abs(literal.probe.objective - row[2]) < 0.1);
        CHECK(std::abs(literal.scores.accuracy - row[3]) < 0.03);
        CHECK(literal.probe.is_converged == (row[0] == 1000));
        CHECK(literal.converged.is_converged);
        CHECK(literal.converged.objective < literal.probe.objective);
        CHECK(literal.converged.objective == doctest::Approx(stopped[5][2]).epsilon(1e-5));
    }
}

TEST_CASE("held out, parity is at chance and the carry is read, from two integers") {
    const pairs::Task task = pairs::make_task({.operation = "add", .p = 31});
    std::vector<std::int32_t> all(task.labels.size());
    std::iota(all.begin(), all.end(), 0);
    const Pairs pairs = pairs_of(task, all);
    const Mat<double> features = raw_integers(pairs);
    for (const char* word : {"none", "orbit", "x"}) {
        INFO(word);
        const std::vector<std::int32_t> groups = groups_by(word, pairs);
        const ProbeProtocol settings{.repeats = 2};
        const ProbeResult parity =
            run_probe(features, make_concept("x_even", pairs).labels, groups, settings);
        CHECK(parity.summary.low.balanced_accuracy <= 0.5 + 1e-12);
        CHECK(parity.summary.mean.bits_gained < 0.01);
        const ProbeResult carry =
            run_probe(features, make_concept("carry", pairs).labels, groups, settings);
        CHECK(carry.summary.mean.accuracy > 0.95);
        CHECK(carry.summary.mean.roc_auc > 0.995);
    }
}

TEST_CASE("a Fourier phase is read from its own features and from no others") {
    const pairs::Task task = pairs::make_task({.operation = "add", .p = 23});
    std::vector<std::int32_t> all(task.labels.size());
    std::iota(all.begin(), all.end(), 0);
    const Pairs pairs = pairs_of(task, all);
    Mat<double> features(4, pairs.size());
    features.topRows(2) = make_concept("fourier_phase_sum_3", pairs).targets;
    kernels::Stream stream(4, "test");
    Mat<double> noise(4, pairs.size());
    stream.fill_normal(noise.data(), noise.size());
    features.bottomRows(2) = noise.topRows(2);
    const Concept same = make_concept("fourier_phase_sum_3", pairs);
    const Concept other = make_concept("fourier_phase_sum_4", pairs);
    const std::vector<std::int32_t> orbits = orbit_groups(pairs);
    const RegressionResult read = run_regression_probe(features, same.targets, orbits, {});
    CHECK(read.r2.size() == 25);
    CHECK(read.summary.mean > 1 - 1e-8);
    const RegressionResult not_read = run_regression_probe(features, other.targets, orbits, {});
    CHECK(not_read.summary.interval.low < 0);
    CHECK(not_read.summary.mean < 0.01);
    // With noise of standard deviation s on cos and sin, the best R^2 is (1/2) / (1/2 + s^2).
    features.topRows(2) += 0.5 * noise.bottomRows(2);
    const statistics::Mean noisy = run_regression_probe(features, same.targets, {}, {}).summary;
    CHECK(noisy.interval.low <= 2.0 / 3);
    CHECK(2.0 / 3 <= noisy.interval.high);
    CHECK(run_regression_probe(Mat<double>::Ones(2, pairs.size()), same.targets, {}, {})
              .summary.mean == 0);
}

TEST_CASE("the fitted probe answers as its components do, and erasing its direction undoes it") {
    const TwoClasses sample = two_normals(6, 400, 3, 8);
    const FittedProbe fitted = fit_probe(sample.features, sample.labels, {}, {});
    const Vec<double> odds = log_odds(sample.features, fitted.probe);
    CHECK(score_binary(odds, sample.labels, 0.5).accuracy > 0.9);

    const Mat<double> erased = erase_directions(sample.features, fitted.probe.weights);
    const Vec<double> after = log_odds(erased, fitted.probe);
    CHECK((after.array() - after.mean()).matrix().norm() < 1e-10);
    CHECK(std::abs(after.mean() - odds.mean()) < 1e-10);
    // Across the direction nothing changes, twice is once, and length does not matter.
    const Mat<double> twice = erase_directions(erased, 7 * fitted.probe.weights);
    CHECK((twice - erased).norm() < 1e-10);
    Vec<double> across = Vec<double>::LinSpaced(6, 1, 2);
    const Vec<double> unit = fitted.probe.weights.normalized();
    across -= unit * unit.dot(across);
    CHECK(((erased - sample.features).transpose() * across).norm() < 1e-10);

    const Mat<double> random = random_directions(6, 20, 1);
    REQUIRE(random.cols() == 20);
    for (Index i = 0; i < 20; ++i) {
        CHECK(random.col(i).norm() == doctest::Approx(1).epsilon(1e-14));
        const Mat<double> other = erase_directions(sample.features, random.col(i));
        CHECK(score_binary(log_odds(other, fitted.probe), sample.labels, 0.5).accuracy > 0.6);
        CHECK(removed_variance(sample.features, other) < 0.5);
    }
    // Three directions of which one is the sum of the others are two.
    Mat<double> three(6, 3);
    three << random.leftCols(2), random.col(0) + random.col(1);
    const Mat<double> both = erase_directions(sample.features, three);
    CHECK((erase_directions(sample.features, random.leftCols(2)) - both).norm() < 1e-10);
    CHECK(erase_directions(sample.features, Mat<double>::Identity(6, 6))
              .isApprox(sample.features.rowwise().mean().replicate(1, 400), 1e-12));
    CHECK_THROWS_AS(erase_directions(sample.features, Vec<double>::Zero(6)), std::invalid_argument);
    CHECK_THROWS_AS(erase_directions(sample.features, Vec<double>::Ones(5)), std::invalid_argument);
}

TEST_CASE("settings and sizes that make no sense are refused") {
    const TwoClasses sample = two_normals(2, 40, 1, 9);
    const auto run = [&](const ProbeProtocol& settings) {
        return run_probe(sample.features, sample.labels, {}, settings);
    };
    CHECK_THROWS_AS(run({.folds = 1}), std::invalid_argument);
    CHECK_THROWS_AS(run({.repeats = 0}), std::invalid_argument);
    CHECK_THROWS_AS(run({.penalties = {}}), std::invalid_argument);
    CHECK_THROWS_AS(run({.penalties = {-1, 1}}), std::invalid_argument);
    CHECK_THROWS_AS(run({.inner_folds = 6}), std::invalid_argument);
    std::vector<std::int32_t> rare(40, 0);
    rare[0] = rare[1] = 1;
    CHECK_THROWS_WITH_AS(run_probe(sample.features, rare, {}, {}),
                         doctest::Contains("class 1 has 2 samples"), std::invalid_argument);
    CHECK_THROWS_AS(run_probe(sample.features, {}, {}, {}), std::invalid_argument);
    CHECK_THROWS_AS(run_probe(sample.features, sample.labels, std::vector<std::int32_t>{1, 2}, {}),
                    std::invalid_argument);
}

}  // namespace dualtape::analyses
