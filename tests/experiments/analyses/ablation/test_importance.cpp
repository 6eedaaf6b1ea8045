#include "experiments/analyses/ablation/importance.h"

#include <cmath>
#include <stdexcept>

#include <doctest/doctest.h>

#include "engine/core/indexing.h"
#include "tests/support/readouts.h"

namespace dualtape::analyses {

TEST_CASE("measures of importance have the closed form of planted cosines") {
    // Over all pairs mean cos^2 = 1/2, and the readout of a unit has norm strength sqrt(p / 2).
    const Index p = 13;
    const std::vector<double> strength{3, 1, 2};
    const ReadoutAblation planted = testing::planted_readout(p, strength);
    const Importance importance =
        measure_importance(planted.hidden, planted.readout.weight, Mat<double>());
    for (Index unit = 0; unit < 6; ++unit) {
        CHECK(importance.variance(unit) == doctest::Approx(0.5).epsilon(1e-12));
        CHECK(importance.logit_effect(unit) ==
              doctest::Approx(strength[at(unit / 2)] * std::sqrt(static_cast<double>(p)) / 2)
                  .epsilon(1e-12));
        double magnitude = 0;
        for (Index n = 0; n < p * p; ++n) magnitude += std::abs(planted.hidden(unit, n));
        CHECK(importance.mean_magnitude(unit) ==
              doctest::Approx(magnitude / static_cast<double>(p * p)).epsilon(1e-13));
    }
    CHECK(importance.attribution.size() == 0);
}

TEST_CASE("attribution is the first order of what a unit's removal changes") {
    // Loss g'h of every sample: exact.
    const Mat<double> hidden = testing::uniform_matrix(4, 50, 1);
    const Mat<double> adjoints = testing::uniform_matrix(4, 50, 2);
    const Importance importance =
        measure_importance(hidden, testing::uniform_matrix(3, 4, 3), adjoints);
    for (Index unit = 0; unit < 4; ++unit) {
        double fall = 0, magnitude = 0;
        for (Index n = 0; n < 50; ++n) {
            fall += hidden(unit, n) * adjoints(unit, n) / 50;
            magnitude += std::abs(hidden(unit, n) * adjoints(unit, n)) / 50;
        }
        CHECK(importance.attribution(unit) == doctest::Approx(fall).epsilon(1e-13));
        CHECK(importance.attribution_magnitude(unit) == doctest::Approx(magnitude).epsilon(1e-13));
    }
    CHECK_THROWS_AS(measure_importance(hidden, Mat<double>::Zero(3, 5), adjoints),
                    std::invalid_argument);
    CHECK_THROWS_AS(measure_importance(hidden, Mat<double>::Zero(3, 4), adjoints.leftCols(3)),
                    std::invalid_argument);
    CHECK_THROWS_AS(measure_importance(Mat<double>(4, 0), Mat<double>::Zero(3, 4), {}),
                    std::invalid_argument);
}

TEST_CASE("a constant unit has magnitude but no effect") {
    Mat<double> hidden = testing::uniform_matrix(2, 30, 4);
    hidden.row(1).setConstant(-0.5);
    const Importance importance = measure_importance(hidden, Mat<double>::Ones(3, 2), {});
    CHECK(importance.mean_magnitude(1) == 0.5);
    CHECK(importance.logit_effect(1) == 0);
    CHECK(importance.logit_effect(0) > 0);
}

TEST_CASE("a ranking falls, equal values keep their order, and few are far above the mean") {
    const Vec<double> values{{1, 7, 3, 7, 0}};
    CHECK(ranking(values) == std::vector<Index>{1, 3, 2, 0, 4});
    CHECK(share_above_mean(values, 1.9) == doctest::Approx(0.4).epsilon(1e-15));  // mean 3.6
    CHECK(share_above_mean(values) == 0);
    CHECK(share_above_mean(Vec<double>()) == 0);
    CHECK_THROWS_AS(ranking(Vec<double>{{1, std::nan("")}}), std::invalid_argument);
}

TEST_CASE("a sample of the grid is drawn from all of it, and depends on its seed alone") {
    const std::vector<std::int32_t> drawn = importance_sample(10, 2000, 1);
    std::vector<int> counts(10, 0);
    for (const std::int32_t column : drawn) ++counts.at(at(column));
    // 200 each with a standard deviation of 13.
    for (const int count : counts) CHECK(std::abs(count - 200) < 60);
    CHECK(importance_sample(10, 2000, 1) == drawn);
    CHECK(importance_sample(10, 2000, 2) != drawn);
    CHECK_THROWS_AS(importance_sample(0, 5, 1), std::invalid_argument);
}

}  // namespace dualtape::analyses
