#include "experiments/analyses/ablation/activation_maps.h"

#include <cmath>
#include <numbers>
#include <stdexcept>

#include <doctest/doctest.h>

#include "tests/support/random.h"

namespace dualtape::analyses {

TEST_CASE("profiles tell functions of the sum from functions of the difference") {
    for (const Index p : {5, 8}) {
        Mat<double> hidden(4, p * p);
        for (Index a = 0; a < p; ++a) {
            for (Index b = 0; b < p; ++b) {
                const double sum = static_cast<double>((a + b) % p);
                const double difference = static_cast<double>((a - b + p) % p);
                hidden(0, a * p + b) = sum * sum;
                hidden(1, a * p + b) = std::exp(-difference);
                hidden(2, a * p + b) = 4;
                hidden(3, a * p + b) = std::cos(2 * std::numbers::pi * static_cast<double>(a) /
                                                static_cast<double>(p));
            }
        }
        const std::vector<ActivationMap> maps = activation_maps(hidden, p, {0, 1, 2, 3});
        for (Index r = 0; r < p; ++r) {
            const auto x = static_cast<double>(r);
            CHECK(std::abs(maps[0].sum.mean(r) - x * x) <= 1e-12);
            CHECK(std::abs(maps[1].difference.mean(r) - std::exp(-x)) <= 1e-14);
            CHECK(maps[0].sum.spread(r) <= 1e-12);
            CHECK(maps[1].difference.spread(r) <= 1e-14);
            // A function of a alone takes all of its values at every residue.
            CHECK(std::abs(maps[3].sum.mean(r)) <= 1e-14);
            CHECK(maps[3].difference.spread(r) == doctest::Approx(std::sqrt(0.5)).epsilon(1e-12));
        }
        CHECK(maps[0].sum.share == doctest::Approx(1).epsilon(1e-12));
        CHECK(maps[1].difference.share == doctest::Approx(1).epsilon(1e-12));
        CHECK(maps[0].difference.share < 0.9);
        CHECK(maps[2].sum.share == 0);
        CHECK(maps[2].sum.mean(1) == 4);
        CHECK(maps[3].sum.share <= 1e-12);
        CHECK(maps[1].unit == 1);
        CHECK(maps[0].grid(2, 1) == hidden(0, 2 * p + 1));
    }
}

TEST_CASE("maps are of all pairs and of units that exist") {
    const Mat<double> hidden = testing::uniform_matrix(2, 9, 1);
    CHECK(activation_maps(hidden, 3, {}).empty());
    CHECK_THROWS_AS(activation_maps(hidden, 4, {0}), std::invalid_argument);
    CHECK_THROWS_AS(activation_maps(hidden, 3, {2}), std::invalid_argument);
    CHECK_THROWS_AS(activation_maps(hidden, 0, {0}), std::invalid_argument);
}

}  // namespace dualtape::analyses
