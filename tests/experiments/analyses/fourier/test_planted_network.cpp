#include "experiments/analyses/fourier/planted_network.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include <doctest/doctest.h>

#include "experiments/pairs/tasks.h"
#include "experiments/study/classification.h"

namespace dualtape::analyses {

using namespace dualtape::pairs;
using namespace dualtape::study;
namespace {

std::vector<std::int32_t> sums(Index p) {
    pairs::TaskSettings task;
    task.p = p;
    return pairs::make_task(task).labels;
}

double accuracy(const PlantedSettings& settings) {
    const Mat<double> logits = evaluate(make_planted_network(settings)).logits;
    return study::classify<double>(logits, sums(settings.modulus)).accuracy;
}

}  // namespace

TEST_CASE("logits are the formula, pair by pair") {
    const PlantedNetwork network = make_planted_network({7, 8, {3, 1}});
    const PlantedValues values = evaluate(network);
    double worst = 0;
    for (Index a = 0; a < 7; ++a) {
        for (Index b = 0; b < 7; ++b) {
            for (Index q = 0; q < 7; ++q) {
                double logit = 0;
                for (Index j = 0; j < 8; ++j) {
                    const double w =
                        2 * std::numbers::pi / 7 *
                        static_cast<double>(network.frequency[static_cast<std::size_t>(j)]);
                    const double pre = std::cos(w * static_cast<double>(a) + network.phase_a(j)) +
                                       std::cos(w * static_cast<double>(b) + network.phase_b(j));
                    logit += 2.0 / 8 *
                             std::cos(w * static_cast<double>(q) + network.phase_a(j) +
                                      network.phase_b(j)) *
                             pre * pre;
                }
                worst = std::max(worst, std::abs(values.logits(q, a * 7 + b) - logit));
            }
        }
    }
    CHECK(worst <= 1e-13);
    CHECK(network.frequency == std::vector<Index>{3, 1, 3, 1, 3, 1, 3, 1});
}

TEST_CASE("accuracy at p = 97: nearly all pairs with 96 neurons, all with 192") {
    // Two neurons a frequency leave noise that depends on the phases: these streams give 0.9971,
    // 0.9985 and 0.9951, and eight of an independent implementation in NumPy 0.989 to 0.9995. With
    // four neurons a frequency all of them have every pair right.
    for (const std::uint64_t seed : {0, 1, 2}) {
        INFO("seed ", seed);
        const double narrow = accuracy({97, 96, {}, PlantedPhases::uniform, seed});
        CHECK(narrow >= 0.985);
        CHECK(narrow < 1);
        CHECK(accuracy({97, 192, {}, PlantedPhases::uniform, seed}) == 1);
    }
}

TEST_CASE("with lattice phases the logits are those of infinite width") {
    for (const Index p : {5, 7, 13}) {
        INFO("p = ", p);
        const Index count = (p - 1) / 2;
        PlantedSettings settings{p, 18 * count, {}, PlantedPhases::lattice};
        const Mat<double> logits = evaluate(make_planted_network(settings)).logits;
        double worst = 0;
        for (Index c = 0; c < p * p; ++c) {
            for (Index q = 0; q < p; ++q) {
                const bool is_correct = q == (c / p + c % p) % p;
                const double wanted = is_correct ? 1 : -1 / static_cast<double>(p - 1);
                worst = std::max(worst, std::abs(logits(q, c) - wanted));
            }
        }
        CHECK(worst <= 1e-13);
    }
}

TEST_CASE("removing the neurons of one frequency lowers the margins by its wave") {
    const Index p = 13;
    const PlantedNetwork network =
        make_planted_network({p, 54, {}, PlantedPhases::lattice});  // six frequencies
    const PlantedValues values = evaluate(network);
    std::vector<Index> others;
    for (Index j = 0; j < 54; ++j) {
        if (network.frequency[static_cast<std::size_t>(j)] != 4) others.push_back(j);
    }
    const Mat<double> fall = values.logits - planted_logits(network, values.post, others);
    double worst = 0;
    for (Index c = 0; c < p * p; ++c) {
        const Index s = (c / p + c % p) % p;
        for (Index q = 0; q < p; ++q) {
            const double margin = fall(s, c) - fall(q, c);
            const double angle = 2 * std::numbers::pi * 4 * static_cast<double>(s - q) / p;
            worst = std::max(worst, std::abs(margin - (1 - std::cos(angle)) / 6));
        }
    }
    CHECK(worst <= 1e-14);
}

TEST_CASE("settings that cannot be planted are refused") {
    CHECK_THROWS_AS(make_planted_network({2, 4}), std::invalid_argument);
    CHECK_THROWS_AS(make_planted_network({7, 0}), std::invalid_argument);
    CHECK_THROWS_AS(make_planted_network({7, 4, {4}}), std::invalid_argument);
    CHECK_THROWS_AS(make_planted_network({7, 4, {2, 2}}), std::invalid_argument);
    CHECK_THROWS_AS(make_planted_network({8, 4, {4}}), std::invalid_argument);
    CHECK_THROWS_AS(make_planted_network({7, 8, {1}, PlantedPhases::lattice}),
                    std::invalid_argument);
    CHECK(make_planted_network({8, 6}).frequency == std::vector<Index>{1, 2, 3, 1, 2, 3});
}

}  // namespace dualtape::analyses
