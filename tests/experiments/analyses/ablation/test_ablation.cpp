#include "experiments/analyses/ablation/ablation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <doctest/doctest.h>

#include "engine/kernels/random.h"
#include "experiments/study/classification.h"
#include "tests/support/readouts.h"

namespace dualtape::analyses {

using namespace dualtape::study;

namespace {

const statistics::BootstrapSettings kFewResamples{.resamples = 50};

double difference(const AblationChange& a, const AblationChange& b) {
    double largest = 0;
    for (Estimate AblationChange::*const metric :
         {&AblationChange::accuracy, &AblationChange::loss, &AblationChange::correct_logit,
          &AblationChange::margin, &AblationChange::divergence}) {
        largest = std::max({largest, std::abs((a.*metric).value - (b.*metric).value),
                            std::abs((a.*metric).interval.low - (b.*metric).interval.low),
                            std::abs((a.*metric).interval.high - (b.*metric).interval.high)});
    }
    return largest;
}

bool is_nothing(const Estimate& e) {
    return e.value == 0 && e.interval.low == 0 && e.interval.high == 0;
}

bool is_nothing(const AblationChange& change) {
    return is_nothing(change.accuracy) && is_nothing(change.loss) &&
           is_nothing(change.correct_logit) && is_nothing(change.margin) &&
           is_nothing(change.divergence);
}

// Metrics written down from their definitions, one sample after the other.
AblationMetrics metrics_by_hand(const Mat<double>& clean, const Mat<double>& logits,
                                const std::vector<std::int32_t>& labels) {
    AblationMetrics sum;
    const auto samples = static_cast<double>(labels.size());
    for (Index n = 0; n < logits.cols(); ++n) {
        const Index label = labels[at(n)];
        double partition = 0, clean_partition = 0;
        double other = -std::numeric_limits<double>::infinity();
        for (Index c = 0; c < logits.rows(); ++c) {
            partition += std::exp(logits(c, n));
            clean_partition += std::exp(clean(c, n));
            if (c != label) other = std::max(other, logits(c, n));
        }
        sum.accuracy += (logits(label, n) > other ? 1 : 0) / samples;
        sum.loss += (std::log(partition) - logits(label, n)) / samples;
        sum.correct_logit += logits(label, n) / samples;
        sum.margin += (logits(label, n) - other) / samples;
        for (Index c = 0; c < logits.rows(); ++c) {
            const double p = std::exp(clean(c, n)) / clean_partition;
            const double q = std::exp(logits(c, n)) / partition;
            sum.divergence += p * std::log(p / q) / samples;
        }
    }
    return sum;
}

}  // namespace

TEST_CASE("single units by rank-1 updates are those of a full product, for every replacement") {
    ReadoutAblation ablation = testing::random_readout(9, 5, 150, 1);
    const Mat<double> pool = testing::uniform_matrix(9, 40, 7, 0, 2);
    std::vector<std::int32_t> of_pool, conditions;
    for (Index n = 0; n < 40; ++n) of_pool.push_back(static_cast<std::int32_t>(n % 4));
    for (Index n = 0; n < 150; ++n) conditions.push_back(static_cast<std::int32_t>(n % 3));
    for (const Replacement& replacement :
         {replace_by_zero(9, 150), replace_by_mean(pool, 150),
          replace_by_conditional_mean(pool, of_pool, conditions),
          replace_by_resampling(pool, 150, {}, {.draws = 3, .seed = 2})}) {
        INFO(replacement.mode);
        ablation.replacement = replacement;
        const Mat<double> clean = ablated_logits(ablation, {}, 0);
        const std::vector<AblationChange> each = ablate_each(ablation, kFewResamples);
        for (Index unit = 0; unit < 9; ++unit) {
            const std::vector<Index> set{unit};
            CHECK(difference(each[at(unit)], ablate_set(ablation, set, kFewResamples)) <= 1e-12);
            AblationMetrics mean;
            for (Index draw = 0; draw < replacement.draws(); ++draw) {
                // logits - W_j (h_j - c_j), 1e-12 from the product.
                Mat<double> updated = clean;
                for (Index n = 0; n < 150; ++n) {
                    updated.col(n) -= ablation.readout.weight.col(unit) *
                                      (ablation.hidden(unit, n) - replacement.value(unit, n, draw));
                }
                const Mat<double> logits = ablated_logits(ablation, set, draw);
                CHECK((logits - updated).cwiseAbs().maxCoeff() <= 1e-12);
                const AblationMetrics hand = metrics_by_hand(clean, logits, ablation.labels);
                const auto draws = static_cast<double>(replacement.draws());
                mean.accuracy += hand.accuracy / draws;
                mean.loss += hand.loss / draws;
                mean.correct_logit += hand.correct_logit / draws;
                mean.margin += hand.margin / draws;
                mean.divergence += hand.divergence / draws;
            }
            const AblationMetrics start = clean_metrics(ablation);
            const AblationChange& change = each[at(unit)];
            CHECK(std::abs(start.accuracy + change.accuracy.value - mean.accuracy) <= 1e-12);
            CHECK(std::abs(start.loss + change.loss.value - mean.loss) <= 1e-12);
            CHECK(std::abs(start.correct_logit + change.correct_logit.value - mean.correct_logit) <=
                  1e-12);
            CHECK(std::abs(start.margin + change.margin.value - mean.margin) <= 1e-12);
            CHECK(std::abs(change.divergence.value - mean.divergence) <= 1e-12);
        }
    }
}

TEST_CASE("without ablation the metrics are those of a classifier") {
    const ReadoutAblation ablation = testing::random_readout(6, 4, 200, 3);
    const AblationMetrics clean = clean_metrics(ablation);
    const study::Classification expected =
        study::classify<double>(ablated_logits(ablation, {}, 0), ablation.labels);
    CHECK(clean.loss == doctest::Approx(expected.loss).epsilon(1e-13));
    CHECK(clean.accuracy == doctest::Approx(expected.accuracy).epsilon(1e-15));
    CHECK(clean.accuracy > 0.8);
    CHECK(clean.accuracy < 0.9);
    CHECK(clean.divergence == 0);
    CHECK(is_nothing(ablate_set(ablation, {}, kFewResamples)));
}

TEST_CASE("ties of the largest logit go to the first class") {
    ReadoutAblation ablation = testing::random_readout(1, 3, 3, 4);
    ablation.readout.weight.setZero();
    ablation.readout.bias << 1, 0, 1;
    ablation.labels = {0, 1, 2};
    CHECK(clean_metrics(ablation).accuracy == doctest::Approx(1.0 / 3).epsilon(1e-15));
    CHECK(clean_metrics(ablation).margin == doctest::Approx(-1.0 / 3).epsilon(1e-15));
}

TEST_CASE("all units at zero leave the bias exactly") {
    const ReadoutAblation ablation = testing::random_readout(20, 7, 130, 5);
    std::vector<Index> all;
    for (Index unit = 0; unit < 20; ++unit) all.push_back(unit);
    CHECK((ablated_logits(ablation, all, 0).colwise() - ablation.readout.bias)
              .cwiseAbs()
              .maxCoeff() == 0);
}

TEST_CASE("renumbering the units changes nothing else") {
    const ReadoutAblation ablation = testing::random_readout(12, 5, 90, 6);
    const std::vector<Index> order = kernels::Stream(1, "test").permutation(12);
    ReadoutAblation renumbered = ablation;
    for (Index unit = 0; unit < 12; ++unit) {
        renumbered.hidden.row(unit) = ablation.hidden.row(order[at(unit)]);
        renumbered.readout.weight.col(unit) = ablation.readout.weight.col(order[at(unit)]);
    }
    const std::vector<AblationChange> expected = ablate_each(ablation, kFewResamples);
    const std::vector<AblationChange> changes = ablate_each(renumbered, kFewResamples);
    for (Index unit = 0; unit < 12; ++unit) {
        CHECK(difference(changes[at(unit)], expected[at(order[at(unit)])]) <= 1e-12);
    }
}

TEST_CASE("a planted network loses what the closed form says") {
    // Logits sum_i s_i cos(w_i (s - c)) over all (p - 1)/2 frequencies with equal strengths: the
    // label has s (p - 1)/2, and as sum_i cos(w_i d) = -1/2 for d != 0, every other class -s/2.
    const Index p = 11;
    const double strength = 1.3;
    const double top = strength * static_cast<double>(p - 1) / 2;
    ReadoutAblation ablation = testing::planted_readout(p, std::vector<double>(5, strength));
    const AblationMetrics clean = clean_metrics(ablation);
    CHECK(clean.accuracy == 1);
    CHECK(clean.correct_logit == doctest::Approx(top).epsilon(1e-13));
    CHECK(clean.margin == doctest::Approx(top + strength / 2).epsilon(1e-13));
    const double clean_loss =
        std::log1p(static_cast<double>(p - 1) * std::exp(-top - strength / 2));
    CHECK(std::abs(clean.loss - clean_loss) <= 1e-13);

    // Without frequency 3, a class at distance d has -s/2 - s cos(w_3 d).
    double loss = 0, nearest = -1e300;
    for (Index d = 1; d < p; ++d) {
        const double angle =
            2 * std::numbers::pi * static_cast<double>(3 * d) / static_cast<double>(p);
        const double other = -strength / 2 - strength * std::cos(angle);
        loss += std::exp(other - (top - strength));
        nearest = std::max(nearest, other);
    }
    loss = std::log1p(loss);
    const std::vector<ClusterAblation> clusters =
        ablate_clusters(ablation, {{4, 5}, {0, 1, 2, 3, 6, 7, 8, 9}}, kFewResamples);
    const AblationChange& removed = clusters[0].removed;
    CHECK(std::abs(removed.correct_logit.value + strength) <= 1e-12);
    CHECK(std::abs(removed.loss.value - (loss - clean_loss)) <= 1e-12);
    CHECK(std::abs(removed.margin.value - (top - strength - nearest - clean.margin)) <= 1e-12);
    CHECK(removed.accuracy.value == 0);
    CHECK(difference(removed, clusters[1].kept_only) < 1e-14);
    CHECK(difference(clusters[0].kept_only, clusters[1].removed) == 0);

    // One of the two units of a frequency carries cos^2 or sin^2: half of the strength on average.
    for (const AblationChange& change : ablate_each(ablation, kFewResamples)) {
        CHECK(std::abs(change.correct_logit.value + strength / 2) <= 1e-12);
        CHECK(change.correct_logit.interval.low < -strength / 2);
        CHECK(change.correct_logit.interval.high > -strength / 2);
        CHECK(change.divergence.value > 0);
    }
    // The mean of a cosine over the grid is zero; and given a + b nothing is left to vary.
    const std::vector<AblationChange> by_zero = ablate_each(ablation, kFewResamples);
    ablation.replacement = replace_by_mean(ablation.hidden, p * p);
    const std::vector<AblationChange> by_mean = ablate_each(ablation, kFewResamples);
    ablation.replacement =
        replace_by_conditional_mean(ablation.hidden, ablation.labels, ablation.labels);
    const std::vector<AblationChange> by_sum = ablate_each(ablation, kFewResamples);
    for (std::size_t unit = 0; unit < 10; ++unit) {
        CHECK(difference(by_mean[unit], by_zero[unit]) <= 1e-12);
        CHECK(std::abs(by_sum[unit].loss.value) <= 1e-13);
        CHECK(std::abs(by_sum[unit].margin.value) <= 1e-12);
    }
}

TEST_CASE("resampling a unit that is constant changes no bit") {
    ReadoutAblation ablation = testing::random_readout(4, 3, 100, 8);
    ablation.hidden.row(2).setConstant(0.7);
    ablation.replacement =
        replace_by_resampling(ablation.hidden, 100, {}, {.draws = 16, .seed = 1});
    const std::vector<AblationChange> each = ablate_each(ablation, kFewResamples);
    CHECK(is_nothing(each[2]));
    CHECK(!is_nothing(each[1]));
    CHECK(is_nothing(ablate_set(ablation, std::vector<Index>{2}, kFewResamples)));
}

TEST_CASE("any number of threads gives the same bits") {
    ReadoutAblation ablation = testing::random_readout(7, 6, 333, 9);
    ablation.replacement = replace_by_resampling(ablation.hidden, 333, {}, {.draws = 3});
    const std::vector<AblationChange> one = ablate_each(ablation, {.resamples = 70});
    const std::vector<AblationChange> many = ablate_each(ablation, {.resamples = 70, .threads = 3});
    for (std::size_t unit = 0; unit < 7; ++unit) CHECK(difference(one[unit], many[unit]) == 0);
}

TEST_CASE("arguments that do not fit are refused by name") {
    const ReadoutAblation good = testing::random_readout(4, 3, 10, 10);
    const auto breaks = [&](auto&& change) {
        ReadoutAblation bad = good;
        change(bad);
        CHECK_THROWS_AS(clean_metrics(bad), std::invalid_argument);
    };
    breaks([](ReadoutAblation& a) { a.labels[3] = 3; });
    breaks([](ReadoutAblation& a) { a.labels.pop_back(); });
    breaks([](ReadoutAblation& a) { a.readout.bias.resize(2); });
    breaks([](ReadoutAblation& a) { a.readout.weight.resize(3, 5); });
    breaks([](ReadoutAblation& a) { a.replacement = {}; });
    breaks([](ReadoutAblation& a) { a.replacement = replace_by_zero(4, 9); });
    breaks([](ReadoutAblation& a) { a.replacement = replace_by_zero(5, 10); });
    breaks([](ReadoutAblation& a) { a.replacement.sources[0][2] = 1; });
    breaks([](ReadoutAblation& a) { a.hidden(1, 2) = std::nan(""); });
    CHECK_THROWS_WITH_AS(ablate_set(good, std::vector<Index>{1, 4}, kFewResamples),
                         "ablation: unit 4 does not exist; there are 4, from 0",
                         std::invalid_argument);
    CHECK_THROWS_AS(ablate_set(good, std::vector<Index>{1, 1}, kFewResamples),
                    std::invalid_argument);
    CHECK_THROWS_AS(ablated_logits(good, {}, 1), std::invalid_argument);
}

}  // namespace dualtape::analyses
