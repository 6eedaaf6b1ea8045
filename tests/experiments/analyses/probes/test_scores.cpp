#include "experiments/analyses/probes/scores.h"

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <numbers>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "experiments/statistics/mean_interval.h"
#include "tests/support/random.h"

namespace dualtape::analyses {

using namespace dualtape::statistics;
namespace {

using Labels = std::vector<std::int32_t>;

Vec<double> values_of(const std::vector<double>& values) {
    return Eigen::Map<const Vec<double>>(values.data(), static_cast<Index>(values.size()));
}

// Values in tenths, so that many are equal.
Vec<double> with_ties(Index n, std::uint64_t seed) {
    return (testing::uniform_vector(n, seed) * 10).array().round() / 10;
}

}  // namespace

TEST_CASE("scores of a hand case") {
    // Ranks from the top: 1, 0, {1, 0}, 1, 0 in order of falling value.
    const Labels labels{1, 0, 1, 0, 1, 0};
    const Vec<double> odds = values_of({3, 2, 1, 1, -1, -2});
    // Pairs won by the positives: 3 + (1 + 1/2) + 1 of 9.
    CHECK(roc_auc(odds, labels) == doctest::Approx(5.5 / 9).epsilon(1e-15));
    // Precision 1 at the first, 2/4 at the tie, 3/5 at the last positive.
    CHECK(average_precision(odds, labels) == doctest::Approx((1 + 0.5 + 0.6) / 3).epsilon(1e-15));
    const Labels predicted{1, 1, 1, 1, 0, 0};
    CHECK(accuracy(predicted, labels) == 0.5);
    CHECK(balanced_accuracy(predicted, labels) == doctest::Approx((2.0 / 3 + 1.0 / 3) / 2));
    CHECK(matthews_correlation(predicted, labels) == 0);
    CHECK(matthews_correlation(labels, labels) == 1);
    CHECK(balanced_accuracy(Labels{0, 1, 2, 2}, Labels{0, 1, 1, 2}) ==
          doctest::Approx((1 + 0.5 + 1) / 3).epsilon(1e-15));
    CHECK(log_loss_bits(values_of({0, 0}), Labels{0, 1}) == doctest::Approx(1).epsilon(1e-15));
    // Log-odds log 3: probabilities 3/4 and 1/4.
    CHECK(log_loss_bits(Vec<double>::Constant(2, std::log(3)), Labels{1, 0}) ==
          doctest::Approx(2 - std::log2(3) / 2).epsilon(1e-14));
}

TEST_CASE("area, average precision and correlation equal their definitions by brute force") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        INFO("seed ", seed);
        const Labels labels = testing::uniform_tokens(40, 2, seed);
        const Vec<double> odds = with_ties(40, seed + 100);
        double won = 0, pairs = 0, precision_sum = 0, positives = 0;
        Vec<double> y(40), answer(40);
        for (Index i = 0; i < 40; ++i) {
            y[i] = labels[static_cast<std::size_t>(i)];
            answer[i] = odds[i] > 0 ? 1 : 0;
        }
        for (Index i = 0; i < 40; ++i) {
            if (y[i] == 0) continue;
            double above = 0, right = 0;
            for (Index j = 0; j < 40; ++j) {
                if (y[j] == 0) {
                    ++pairs;
                    won += odds[i] > odds[j] ? 1 : odds[i] == odds[j] ? 0.5 : 0;
                }
                above += odds[j] >= odds[i] ? 1 : 0;
                right += odds[j] >= odds[i] ? y[j] : 0;
            }
            ++positives;
            precision_sum += right / above;
        }
        CHECK(roc_auc(odds, labels) == doctest::Approx(won / pairs).epsilon(1e-14));
        CHECK(roc_auc(-odds, labels) == doctest::Approx(1 - won / pairs).epsilon(1e-14));
        CHECK(average_precision(odds, labels) ==
              doctest::Approx(precision_sum / positives).epsilon(1e-14));
        const Vec<double> dy = y.array() - y.mean(), da = answer.array() - answer.mean();
        const Scores scores = score_binary(odds, labels, 0.5);
        CHECK(scores.matthews ==
              doctest::Approx(dy.dot(da) / (dy.norm() * da.norm())).epsilon(1e-13));
        CHECK(scores.bits_gained == doctest::Approx(1 - log_loss_bits(odds, labels)));
    }
}

TEST_CASE("scores at the edges") {
    const Labels mixed{0, 1, 0, 0}, zeros{0, 0};
    const Vec<double> constant = Vec<double>::Zero(4);
    CHECK(roc_auc(constant, mixed) == 0.5);
    CHECK(average_precision(constant, mixed) == 0.25);
    CHECK(std::isnan(roc_auc(values_of({1, 2}), zeros)));
    CHECK(std::isnan(average_precision(values_of({1, 2}), zeros)));
    CHECK(std::isnan(roc_auc(values_of({1, std::nan("")}), Labels{0, 1})));
    CHECK(std::isnan(accuracy({}, {})));
    // Probabilities that round to 0 still have a finite loss.
    CHECK(log_loss_bits(values_of({-1000}), Labels{1}) ==
          doctest::Approx(1000 / std::numbers::ln2).epsilon(1e-15));
    const double at_base_rate = std::log(0.25) - std::log(0.75);
    const Scores base = score_binary(Vec<double>::Constant(4, at_base_rate), mixed, 0.25);
    CHECK(std::abs(base.bits_gained) < 1e-15);
    CHECK(base.accuracy == 0.75);
    CHECK(base.balanced_accuracy == 0.5);
    CHECK_THROWS_AS(roc_auc(constant, zeros), std::invalid_argument);
    CHECK_THROWS_AS(accuracy(mixed, zeros), std::invalid_argument);
}

TEST_CASE("scores equal scikit-learn's, ties included") {
    std::map<std::string, std::vector<double>> golden;
    std::ifstream file(std::string(DUALTAPE_GOLDEN_DIR) + "/probes/scores.txt");
    REQUIRE(file.good());
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string key;
        words >> key;
        for (double value = 0; words >> value;) golden[key].push_back(value);
    }
    const Labels labels(golden["labels"].begin(), golden["labels"].end());
    const Vec<double> odds = values_of(golden["log_odds"]);
    const Scores scores = score_binary(odds, labels, 0.5);
    for (const ScoreKind& score : kScoreKinds) {
        if (std::string(score.name) == "bits_gained") continue;
        INFO(score.name);
        CHECK(scores.*score.member == doctest::Approx(golden.at(score.name)[0]).epsilon(1e-13));
    }
    CHECK(log_loss_bits(odds, labels) * std::numbers::ln2 ==
          doctest::Approx(golden.at("log_loss")[0]).epsilon(1e-13));
}

TEST_CASE("Student's quantiles are those of the tables") {
    // Abramowitz & Stegun, table 26.10, to its three digits.
    const double table[][2] = {{1, 12.706}, {2, 4.303}, {3, 3.182},  {4, 2.776},
                               {5, 2.571},  {9, 2.262}, {24, 2.064}, {120, 1.980}};
    for (const auto& row : table) {
        const auto degrees = row[0];
        const auto quantile = row[1];
        INFO(degrees, " degrees");
        CHECK(std::abs(student_quantile(0.975, static_cast<Index>(degrees)) - quantile) < 5.1e-4);
    }
    CHECK(student_quantile(0.5, 7) < 1e-12);
    CHECK(student_quantile(0.75, 1) == doctest::Approx(1).epsilon(1e-14));
    CHECK_THROWS_AS(student_quantile(1, 3), std::invalid_argument);
    CHECK_THROWS_AS(student_quantile(0.9, 0), std::invalid_argument);
}

TEST_CASE("intervals of a mean by hand") {
    // Values 1, 2, 3: variance 1, t(2) = 4.302653.
    const statistics::Mean plain = mean_interval({1, 2, 3});
    CHECK(plain.mean == 2);
    CHECK(plain.interval.high == doctest::Approx(2 + 4.302653 / std::sqrt(3)).epsilon(1e-6));
    const statistics::Mean folds = cross_validation_interval({1, 2, 3}, 0.5);
    CHECK(folds.interval.low ==
          doctest::Approx(2 - 4.302653 * std::sqrt(1.0 / 3 + 0.5)).epsilon(1e-6));
    CHECK(mean_interval({4}).mean == 4);
    CHECK(std::isnan(mean_interval({4}).interval.low));
    CHECK(std::isnan(mean_interval({}).mean));
}

}  // namespace dualtape::analyses
