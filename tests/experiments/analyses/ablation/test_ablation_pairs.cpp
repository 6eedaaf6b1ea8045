#include "experiments/analyses/ablation/ablation_pairs.h"

#include <cmath>
#include <stdexcept>

#include <doctest/doctest.h>

#include "tests/support/readouts.h"

namespace dualtape::analyses {

TEST_CASE("pairs by rank-2 updates are those of a full product, their interactions what is left") {
    ReadoutAblation ablation = testing::random_readout(7, 5, 150, 1);
    ablation.replacement = replace_by_resampling(ablation.hidden, 150, {}, {.draws = 2});
    const std::vector<Index> units{5, 0, 3, 6};
    const std::vector<PairAblation> pairs = ablate_pairs(ablation, units, 1);
    const std::vector<PairAblation> threaded = ablate_pairs(ablation, units, 3);
    const statistics::BootstrapSettings no_bootstrap{.resamples = 1};
    const std::vector<AblationChange> each = ablate_each(ablation, no_bootstrap);
    REQUIRE(pairs.size() == 6);
    std::size_t pair = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t j = i + 1; j < 4; ++j, ++pair) {
            const PairAblation& found = pairs[pair];
            CHECK(found.first == units[i]);
            CHECK(found.second == units[j]);
            const std::vector<Index> both{units[i], units[j]};
            const AblationChange full = ablate_set(ablation, both, no_bootstrap);
            const AblationChange &one = each[at(units[i])], &other = each[at(units[j])];
            CHECK(std::abs(found.change.loss - full.loss.value) <= 1e-10);
            CHECK(std::abs(found.change.accuracy - full.accuracy.value) <= 1e-10);
            CHECK(std::abs(found.change.divergence - full.divergence.value) <= 1e-10);
            CHECK(std::abs(found.interaction.loss -
                           (full.loss.value - one.loss.value - other.loss.value)) <= 1e-10);
            CHECK(std::abs(found.interaction.correct_logit) <= 1e-12);
            CHECK(std::abs(found.interaction.loss) > 1e-6);
            CHECK(found.interaction.loss == threaded[pair].interaction.loss);
        }
    }
}

TEST_CASE("a unit that stands in for another interacts with it, strangers do not") {
    // Two classes: the loss is log(1 + exp(-margin)). Units 0 and 1 are copies, worth a margin of 4
    // each; unit 2 is dead.
    ReadoutAblation ablation = testing::random_readout(3, 2, 64, 2);
    ablation.hidden.setOnes();
    ablation.hidden.row(2).setZero();
    ablation.readout.weight << 4, 4, 1, 0, 0, -1;
    ablation.readout.bias.setZero();
    ablation.labels.assign(64, 0);
    const std::vector<PairAblation> pairs = ablate_pairs(ablation, {0, 1, 2}, 1);
    const auto loss = [](double margin) { return std::log1p(std::exp(-margin)); };
    // Copies: margins 8, 4, 4, 0.
    CHECK(std::abs(pairs[0].interaction.loss - (loss(0) - 2 * loss(4) + loss(8))) <= 1e-14);
    CHECK(pairs[0].interaction.loss > 0.6);
    CHECK(pairs[1].interaction.loss == 0);
    CHECK(pairs[2].interaction.accuracy == 0);
    CHECK(ablate_pairs(ablation, {1}, 1).empty());
    CHECK(ablate_pairs(ablation, {}, 1).empty());
    CHECK_THROWS_AS(ablate_pairs(ablation, {0, 3}, 1), std::invalid_argument);
    CHECK_THROWS_AS(ablate_pairs(ablation, {0, 0}, 1), std::invalid_argument);
}

}  // namespace dualtape::analyses
