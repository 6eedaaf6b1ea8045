#include "experiments/analyses/probes/probe_controls.h"

#include <map>
#include <set>
#include <stdexcept>

#include <doctest/doctest.h>

#include "engine/kernels/random.h"
#include "tests/support/random.h"

namespace dualtape::analyses {

namespace {

std::vector<std::int32_t> random_labels(std::size_t n, double share, std::uint64_t seed) {
    kernels::Stream stream(seed, "test labels");
    std::vector<std::int32_t> labels(n);
    for (std::int32_t& label : labels) label = stream.uniform<double>() < share ? 1 : 0;
    return labels;
}

// 0, 1, 2, ..., types - 1, 0, 1, ...
std::vector<std::int32_t> types_in_turn(std::size_t n, std::int32_t types) {
    std::vector<std::int32_t> result(n);
    for (std::size_t i = 0; i < n; ++i) {
        result[i] = static_cast<std::int32_t>(i) % types;
    }
    return result;
}

// One-hot encoding of the types.
Mat<double> one_hot(const std::vector<std::int32_t>& types, Index count) {
    Mat<double> features = Mat<double>::Zero(count, static_cast<Index>(types.size()));
    for (std::size_t i = 0; i < types.size(); ++i) features(types[i], static_cast<Index>(i)) = 1;
    return features;
}

}  // namespace

TEST_CASE("labels that know nothing of the features score chance in every score") {
    const double share = 0.3;
    const std::vector<std::int32_t> labels = random_labels(600, share, 11);
    const ProbeResult result =
        run_probe(testing::normal_matrix(8, 600, 10), labels, {}, {.repeats = 3});
    const double prevalence = result.balance.prevalence;
    const Scores chance{.accuracy = result.balance.base_rate,
                        .balanced_accuracy = 0.5,
                        .roc_auc = 0.5,
                        .average_precision = prevalence,
                        .matthews = 0,
                        .bits_gained = 0};
    for (const ScoreKind& score : kScoreKinds) {
        INFO(score.name, ": ", result.summary.low.*score.member, " .. ",
             result.summary.high.*score.member);
        CHECK(result.summary.low.*score.member <= chance.*score.member + 1e-12);
        CHECK(result.summary.high.*score.member >= chance.*score.member - 1e-12);
    }
}

TEST_CASE("permuted labels: a concept beats them all, noise does not") {
    Mat<double> features = testing::normal_matrix(4, 200, 12);
    const std::vector<std::int32_t> labels = types_in_turn(200, 2);
    const ProbeProtocol settings{.threads = 2};
    const PermutationControl noise = permute_labels(features, labels, {}, settings);
    REQUIRE(noise.permuted.size() == 20);
    CHECK(noise.p_value.roc_auc > 0.05);
    CHECK(std::abs(noise.mean.roc_auc - 0.5) < 0.03);
    for (std::size_t i = 1; i < 200; i += 2) features(0, static_cast<Index>(i)) += 2;
    const PermutationControl real = permute_labels(features, labels, {}, settings);
    CHECK(real.p_value.roc_auc == doctest::Approx(1.0 / 21).epsilon(1e-15));
    CHECK(real.p_value.bits_gained == doctest::Approx(1.0 / 21).epsilon(1e-15));
    CHECK(std::abs(real.mean.roc_auc - 0.5) < 0.03);
    // The observed scores are those of repeat 0 of the protocol.
    const ProbeResult result = run_probe(features, labels, {}, {.repeats = 1});
    CHECK(real.observed.roc_auc == result.summary.mean.roc_auc);
    CHECK_THROWS_AS(permute_labels(features, labels, {}, settings, 0), std::invalid_argument);
}

TEST_CASE("p-values of noise spread over their range") {
    // Twelve draws of p = k / 10 under the null: all below 0.35 happens in 3.5e-6 of cases.
    double largest = 0, smallest = 1;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        const double p = permute_labels(testing::normal_matrix(2, 60, seed),
                                        random_labels(60, 0.5, seed), {}, {.penalties = {1.0}}, 9)
                             .p_value.roc_auc;
        largest = std::max(largest, p);
        smallest = std::min(smallest, p);
    }
    CHECK(largest > 0.35);
    CHECK(smallest < 0.65);
}

TEST_CASE("where groups have one label each, whole groups exchange labels") {
    // Twelve groups that the features tell apart, half of them labelled 1: with held-out groups
    // there is nothing to read. Shuffled samples would make a null at 0.5 with almost no spread.
    const std::vector<std::int32_t> groups = types_in_turn(240, 12);
    std::vector<std::int32_t> labels(240);
    for (std::size_t i = 0; i < 240; ++i) labels[i] = groups[i] % 2;
    const PermutationControl control =
        permute_labels(one_hot(groups, 12) + 0.1 * testing::normal_matrix(12, 240, 5), labels,
                       groups, {.folds = 3, .threads = 2}, 20);
    double least = 1, most = 0;
    for (const Scores& scores : control.permuted) {
        least = std::min(least, scores.roc_auc);
        most = std::max(most, scores.roc_auc);
    }
    CHECK(most - least > 0.2);
    CHECK(control.p_value.roc_auc > 0.05);
}

TEST_CASE("control labels are one per type, as many as the concept has, and drawn anew") {
    const std::vector<std::int32_t> types = types_in_turn(300, 30);
    const std::vector<std::int32_t> labels = random_labels(300, 0.2, 3);
    const std::vector<std::int32_t> control = control_labels(labels, types, 1, 0);
    std::map<std::int32_t, std::set<std::int32_t>> of_type;
    for (std::size_t i = 0; i < 300; ++i) of_type[types[i]].insert(control[i]);
    Index positives = 0;
    for (const auto& [type, seen] : of_type) {
        CHECK(seen.size() == 1);
        positives += *seen.begin();
    }
    CHECK(positives == std::lround(30 * label_balance(labels).prevalence));
    CHECK(control == control_labels(labels, types, 1, 0));
    CHECK(control != control_labels(labels, types, 1, 1));
    CHECK(control != control_labels(labels, types, 2, 0));
    // A rare concept still has one type.
    std::vector<std::int32_t> rare(300, 0);
    rare[0] = 1;
    CHECK(label_balance(control_labels(rare, types, 1, 0)).counts[1] == 10);
    CHECK_THROWS_AS(control_labels(labels, std::vector<std::int32_t>(300, 4), 1, 0),
                    std::invalid_argument);
}

TEST_CASE("selectivity: one-hot types memorise any labels, a concept direction does not") {
    const std::vector<std::int32_t> types = types_in_turn(300, 20);
    std::vector<std::int32_t> labels(300);
    for (std::size_t i = 0; i < 300; ++i) labels[i] = types[i] % 2;
    const ProbeProtocol settings{.repeats = 2};
    const auto measure = [&](const Mat<double>& features) {
        return selectivity(run_probe(features, labels, {}, settings),
                           run_control_task(features, labels, types, {}, settings));
    };
    const Selectivity memory = measure(one_hot(types, 20));
    CHECK(std::abs(memory.difference.accuracy) < 1e-12);
    Mat<double> features = testing::normal_matrix(3, 300, 6);
    for (std::size_t i = 0; i < 300; ++i) features(0, static_cast<Index>(i)) += 4 * labels[i];
    const Selectivity direction = measure(features);
    CHECK(direction.low.accuracy > 0.15);
    CHECK(direction.difference.accuracy < 0.6);
}

}  // namespace dualtape::analyses
