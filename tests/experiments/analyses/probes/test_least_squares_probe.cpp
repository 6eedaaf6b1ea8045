#include "experiments/analyses/probes/least_squares_probe.h"

#include <cmath>
#include <numeric>

#include <doctest/doctest.h>

#include "engine/kernels/random.h"
#include "experiments/analyses/probes/probe_controls.h"
#include "tests/support/random.h"

namespace dualtape::analyses {

namespace {

std::vector<Index> range(Index first, Index last) {
    std::vector<Index> samples(static_cast<std::size_t>(last - first));
    std::iota(samples.begin(), samples.end(), first);
    return samples;
}

// 1 for the share of samples with the largest first feature.
std::vector<std::int32_t> largest_of(const Mat<double>& features, double above) {
    std::vector<std::int32_t> labels;
    for (Index i = 0; i < features.cols(); ++i) labels.push_back(features(0, i) > above ? 1 : 0);
    return labels;
}

}  // namespace

TEST_CASE("one feature: a sample is answered by the nearer of the class means") {
    // Along one feature a regression on signs is monotonic: the middle of its class means is that
    // of the feature's, (0 + 10) / 2, but for what leaving one of many out shifts.
    constexpr Index kTraining = 400;
    Mat<double> features(1, kTraining + 4);
    std::vector<std::int32_t> labels;
    for (Index i = 0; i < kTraining; ++i) {
        const bool is_rare = i % 10 == 0;
        features(0, i) = (is_rare ? 10 : 0) + (i % 3 - 1);
        labels.push_back(is_rare ? 1 : 0);
    }
    features.rightCols(4) << 4.8, 5.2, 1, 9;
    for (const std::int32_t label : {0, 1, 1, 0}) labels.push_back(label);
    for (const double penalty : {1e-9, 1e3}) {
        const std::vector<Scores> scores =
            score_least_squares(features, {labels}, range(0, kTraining),
                                range(kTraining, kTraining + 4), {.penalties = {penalty}});
        REQUIRE(scores.size() == 1);
        CHECK(scores[0].accuracy == 0.5);  // 4.8 and 5.2 right, 1 and 9 wrong
        CHECK(scores[0].roc_auc == 0.25);  // of the four pairs of classes, 5.2 above 4.8
        CHECK(std::isnan(scores[0].bits_gained));
    }
}

TEST_CASE("labellings are scored as each by itself") {
    const Mat<double> features = testing::normal_matrix(5, 60, 1);
    const std::vector<std::vector<std::int32_t>> labellings{
        largest_of(features, 0), largest_of(testing::normal_matrix(1, 60, 2), 0)};
    const auto both = score_least_squares(features, labellings, range(0, 40), range(40, 60), {});
    for (std::size_t k = 0; k < 2; ++k) {
        const auto one =
            score_least_squares(features, {labellings[k]}, range(0, 40), range(40, 60), {});
        for (const ScoreKind& score : kScoreKinds) {
            if (std::string(score.name) == "bits_gained") continue;
            CHECK(both[k].*score.member == doctest::Approx(one[0].*score.member).epsilon(1e-12));
        }
    }
    CHECK(both[0].roc_auc > 0.95);
    CHECK(std::abs(both[1].roc_auc - 0.5) < 0.3);
    CHECK_THROWS_AS(score_least_squares(features, {{0, 1}}, range(0, 40), range(40, 60), {}),
                    std::invalid_argument);
}

TEST_CASE("permuted labels by least squares: a concept beats them all, a rare one too") {
    const Mat<double> features = testing::normal_matrix(6, 400, 3);
    for (const double above : {0.0, 1.8}) {
        INFO("above ", above);
        const std::vector<std::int32_t> labels = largest_of(features, above);
        const auto run = [&](int threads) {
            return permute_labels(features, labels, {}, {.threads = threads}, 20,
                                  PermutedProbe::least_squares);
        };
        const PermutationControl control = run(1);
        CHECK(control.p_value.balanced_accuracy == doctest::Approx(1.0 / 21).epsilon(1e-15));
        CHECK(control.observed.balanced_accuracy > 0.85);
        CHECK(std::abs(control.mean.balanced_accuracy - 0.5) < 0.05);
        CHECK(std::isnan(control.p_value.bits_gained));
        CHECK(run(3).mean.roc_auc == control.mean.roc_auc);
    }
    const PermutationControl noise =
        permute_labels(features, largest_of(testing::normal_matrix(1, 400, 4), 0), {}, {}, 20,
                       PermutedProbe::least_squares);
    CHECK(noise.p_value.balanced_accuracy > 0.05);
}

}  // namespace dualtape::analyses
