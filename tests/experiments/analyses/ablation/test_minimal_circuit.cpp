#include "experiments/analyses/ablation/minimal_circuit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <doctest/doctest.h>

#include "experiments/study/classification.h"
#include "tests/support/readouts.h"

namespace dualtape::analyses {

using namespace dualtape::study;

namespace {

double full_loss(const ReadoutAblation& ablation, const std::vector<Index>& ablated) {
    double loss = 0;
    for (Index draw = 0; draw < ablation.replacement.draws(); ++draw) {
        loss +=
            study::classify<double>(ablated_logits(ablation, ablated, draw), ablation.labels).loss;
    }
    return loss / static_cast<double>(ablation.replacement.draws());
}

// Tries every unit by a full product.
std::vector<Index> exhaustive_order(const ReadoutAblation& ablation) {
    std::vector<Index> ablated;
    while (static_cast<Index>(ablated.size()) < ablation.neurons()) {
        Index best = -1;
        double least = std::numeric_limits<double>::infinity();
        for (Index unit = 0; unit < ablation.neurons(); ++unit) {
            if (std::find(ablated.begin(), ablated.end(), unit) != ablated.end()) continue;
            std::vector<Index> trial = ablated;
            trial.push_back(unit);
            const double loss = full_loss(ablation, trial);
            if (loss < least) {
                least = loss;
                best = unit;
            }
        }
        ablated.push_back(best);
    }
    return ablated;
}

}  // namespace

TEST_CASE("the greedy path is that of trying every unit by a full product") {
    // Wide and narrow logits: the bounds on the loss are tight for small steps, loose for large.
    for (const double scale : {0.05, 1.0, 12.0}) {
        for (const std::uint64_t seed : {1, 2, 3}) {
            INFO("scale ", scale, ", seed ", seed);
            ReadoutAblation ablation = testing::random_readout(24, 6, 150, seed);
            ablation.readout.weight *= scale;
            if (seed == 2) {
                ablation.replacement = replace_by_mean(ablation.hidden, 150);
            } else if (seed == 3) {
                ablation.replacement =
                    replace_by_resampling(ablation.hidden, 150, {}, {.draws = 2});
            }
            const GreedyPath path = greedy_ablation(ablation, 1);
            CHECK(path.order == exhaustive_order(ablation));
            CHECK(greedy_ablation(ablation, 3).loss == path.loss);
            REQUIRE(path.loss.size() == 25);
            REQUIRE(path.accuracy.size() == 25);
            for (const std::size_t count : {std::size_t{0}, std::size_t{9}, std::size_t{24}}) {
                const std::vector<Index> ablated(
                    path.order.begin(), path.order.begin() + static_cast<std::ptrdiff_t>(count));
                const double expected = full_loss(ablation, ablated);
                CHECK(std::abs(path.loss[count] - expected) <= 1e-12 * (1 + expected));
            }
        }
    }
}

TEST_CASE("no step of a path could have left less loss, on a handful of samples either") {
    // The bounds of single samples do not average out here, and the steps are large.
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed ", seed);
        ReadoutAblation ablation = testing::random_readout(20, 3, 2, seed);
        ablation.hidden.array() += 0.5;
        ablation.readout.weight *= 4;
        const GreedyPath path = greedy_ablation(ablation, 1);
        std::vector<Index> ablated;
        for (std::size_t count = 0; count < 20; ++count) {
            double least = std::numeric_limits<double>::infinity();
            for (std::size_t left = count; left < 20; ++left) {
                std::vector<Index> trial = ablated;
                trial.push_back(path.order[left]);
                least = std::min(least, full_loss(ablation, trial));
            }
            CHECK(std::abs(path.loss[count + 1] - least) <= 1e-12 * (1 + least));
            ablated.push_back(path.order[count]);
        }
    }
}

TEST_CASE("equal units leave in their order, dead ones first") {
    ReadoutAblation ablation = testing::planted_readout(7, {1.0, 1.5, 2.0});
    ablation.hidden.row(3).setZero();
    ablation.hidden.row(1).setZero();
    const GreedyPath path = greedy_ablation(ablation, 1);
    CHECK(path.order[0] == 1);
    CHECK(path.order[1] == 3);
    CHECK(path.loss[2] == path.loss[0]);
}

TEST_CASE("the minimal circuit of a planted network is its one strong frequency") {
    // Any one frequency alone gives every pair its label; the strongest leaves the least loss.
    const ReadoutAblation ablation = testing::planted_readout(13, {0.01, 0.02, 5.0, 0.02, 0.01});
    const GreedyPath path = greedy_ablation(ablation, 1);
    const std::vector<AblationCurve> random =
        random_ablation(ablation, all_counts(10), {.orders = 40, .seed = 3});
    const std::vector<MinimalCircuit> circuits = minimal_circuits(path, random, {0.99, 0.90});
    REQUIRE(circuits.size() == 2);
    for (const MinimalCircuit& circuit : circuits) {
        CHECK(circuit.units == std::vector<Index>{4, 5});
        CHECK(circuit.size() == 2);
        CHECK(circuit.accuracy == 1);
        CHECK(circuit.loss == path.loss[8]);
        // Both units of the frequency among two random ones of ten: 1 in 45.
        CHECK(circuit.random_accuracy < 0.6);
        CHECK(circuit.random_accuracy_range.high <= 1);
        CHECK(circuit.random_size > 4);
        CHECK(circuit.random_size_range.low >= 2);
        CHECK(circuit.random_size_range.high <= 10);
    }
    CHECK(circuits[0].share == 0.99);
    // Accuracy that never falls enough keeps nothing; one that must not fall keeps what it needs.
    CHECK(minimal_circuits(path, random, {0.01})[0].size() == 0);
    CHECK(minimal_circuits(path, random, {1.0})[0].size() == 2);

    CHECK_THROWS_AS(minimal_circuits(path, {}, {0.99}), std::invalid_argument);
    CHECK_THROWS_AS(minimal_circuits(path, random, {0.0}), std::invalid_argument);
    CHECK_THROWS_AS(
        minimal_circuits(path, random_ablation(ablation, {0, 10}, {.orders = 1}), {0.9}),
        std::invalid_argument);
}

}  // namespace dualtape::analyses
