#include "experiments/analyses/ablation/ablation_curves.h"

#include <cmath>
#include <stdexcept>

#include <doctest/doctest.h>

#include "experiments/study/classification.h"
#include "tests/support/readouts.h"

namespace dualtape::analyses {

using namespace dualtape::study;

TEST_CASE("every point of a curve is the full product with these units ablated") {
    ReadoutAblation ablation = testing::random_readout(11, 5, 140, 1);
    for (const Index draws : {Index{0}, Index{2}}) {
        if (draws > 0) {
            ablation.replacement =
                replace_by_resampling(ablation.hidden, 140, {}, {.draws = draws});
        }
        const std::vector<Index> order{3, 0, 10, 7, 5, 1};
        const AblationCurve curve = cumulative_ablation(ablation, order, {0, 1, 4, 6}, 1);
        CHECK(curve.num_ablated == std::vector<Index>{0, 1, 4, 6});
        for (std::size_t point = 0; point < 4; ++point) {
            const std::span<const Index> units(order.data(), at(curve.num_ablated[point]));
            double loss = 0, accuracy = 0;
            for (Index draw = 0; draw < ablation.replacement.draws(); ++draw) {
                const study::Classification full =
                    study::classify<double>(ablated_logits(ablation, units, draw), ablation.labels);
                loss += full.loss / static_cast<double>(ablation.replacement.draws());
                accuracy += full.accuracy / static_cast<double>(ablation.replacement.draws());
            }
            CHECK(std::abs(curve.metrics[point].loss - loss) <= 1e-10);
            CHECK(std::abs(curve.metrics[point].accuracy - accuracy) <= 1e-12);
            const AblationChange set = ablate_set(ablation, units, {.resamples = 1});
            CHECK(std::abs(curve.metrics[point].divergence - set.divergence.value) <= 1e-10);
        }
        CHECK(curve.metrics[0].divergence == 0);
    }
}

TEST_CASE("a curve of a planted network loses the strengths of its frequencies in their order") {
    // The label's logit is the sum of the strengths that are left.
    const ReadoutAblation ablation = testing::planted_readout(13, {4, 2, 0.01, 0.01});
    const std::vector<Index> top_first{0, 1, 2, 3, 4, 5, 6, 7};
    const std::vector<Index> bottom_first{7, 6, 5, 4, 3, 2, 1, 0};
    const AblationCurve top = cumulative_ablation(ablation, top_first, {0, 4, 8}, 1);
    const AblationCurve bottom = cumulative_ablation(ablation, bottom_first, {0, 4, 8}, 1);
    CHECK(std::abs(top.metrics[1].correct_logit - 0.02) <= 1e-12);
    CHECK(std::abs(bottom.metrics[1].correct_logit - 6) <= 1e-12);
    // Nothing left: p equal logits.
    CHECK(std::abs(top.metrics[2].loss - std::log(13.0)) <= 1e-12);
    CHECK(std::abs(bottom.metrics[2].loss - std::log(13.0)) <= 1e-12);
}

TEST_CASE("random orders are a control that depends on their seed alone") {
    const ReadoutAblation ablation = testing::random_readout(8, 4, 200, 2);
    const std::vector<Index> counts = all_counts(8);
    CHECK(counts.size() == 9);
    const std::vector<AblationCurve> one = random_ablation(ablation, counts, {.orders = 12});
    const std::vector<AblationCurve> many =
        random_ablation(ablation, counts, {.orders = 12, .threads = 3});
    const std::vector<AblationCurve> other =
        random_ablation(ablation, counts, {.orders = 12, .seed = 1});
    REQUIRE(one.size() == 12);
    bool is_different = false;
    for (std::size_t order = 0; order < 12; ++order) {
        // All start at the whole network and end at the bias, whatever the order.
        CHECK(one[order].metrics[0].loss == one[0].metrics[0].loss);
        CHECK(std::abs(one[order].metrics[8].loss - one[0].metrics[8].loss) <= 1e-12);
        for (std::size_t point = 0; point < 9; ++point) {
            CHECK(one[order].metrics[point].loss == many[order].metrics[point].loss);
            is_different |= one[order].metrics[point].loss != other[order].metrics[point].loss;
        }
    }
    CHECK(is_different);
    const AblationBand band = ablation_band(one);
    std::vector<double> losses;
    for (const AblationCurve& curve : one) losses.push_back(curve.metrics[3].loss);
    CHECK(band.num_ablated == counts);
    CHECK(band.median[3].loss == statistics::median(losses));
    CHECK(band.low[3].loss == statistics::quantile(losses, 0.025));
    CHECK(band.high[3].loss == statistics::quantile(losses, 0.975));
    CHECK(band.low[3].accuracy < band.high[3].accuracy);
}

TEST_CASE("curves refuse counts and orders that do not fit") {
    const ReadoutAblation ablation = testing::random_readout(4, 3, 20, 3);
    CHECK_THROWS_AS(cumulative_ablation(ablation, {0, 1}, {3}, 1), std::invalid_argument);
    CHECK_THROWS_AS(cumulative_ablation(ablation, {0, 1}, {1, 1}, 1), std::invalid_argument);
    CHECK_THROWS_AS(cumulative_ablation(ablation, {0, 1}, {-1}, 1), std::invalid_argument);
    CHECK_THROWS_AS(cumulative_ablation(ablation, {0, 0}, {1}, 1), std::invalid_argument);
    CHECK_THROWS_AS(random_ablation(ablation, {0}, {.orders = 0}), std::invalid_argument);
    CHECK_THROWS_AS(ablation_band({}), std::invalid_argument);
    CHECK_THROWS_AS(ablation_band({AblationCurve{{0}, {{}}}, AblationCurve{{1}, {{}}}}),
                    std::invalid_argument);
}

}  // namespace dualtape::analyses
