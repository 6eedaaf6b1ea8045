#include "experiments/analyses/ablation/replacement.h"

#include <stdexcept>

#include <doctest/doctest.h>

#include "tests/support/random.h"

namespace dualtape::analyses {

TEST_CASE("zero and mean are the same for every sample, a conditional mean for its group") {
    const Mat<double> grid = testing::uniform_matrix(3, 8, 1);
    const Replacement zero = replace_by_zero(3, 5);
    const Replacement mean = replace_by_mean(grid, 5);
    // Conditions 0 0 0 2 2 2 2 2; nothing has condition 1.
    const std::vector<std::int32_t> of_grid{0, 0, 0, 2, 2, 2, 2, 2};
    const Replacement by_group =
        replace_by_conditional_mean(grid, of_grid, std::vector<std::int32_t>{2, 0, 2, 2, 0});
    CHECK(by_group.draws() == 1);
    CHECK(by_group.samples() == 5);
    for (Index unit = 0; unit < 3; ++unit) {
        for (Index n = 0; n < 5; ++n) {
            CHECK(zero.value(unit, n, 0) == 0);
            CHECK(mean.value(unit, n, 0) == doctest::Approx(grid.row(unit).mean()).epsilon(1e-14));
            const double expected =
                n == 1 || n == 4 ? grid.row(unit).head(3).mean() : grid.row(unit).tail(5).mean();
            CHECK(by_group.value(unit, n, 0) == doctest::Approx(expected).epsilon(1e-14));
        }
    }
    CHECK_THROWS_AS(replace_by_conditional_mean(grid, of_grid, std::vector<std::int32_t>{1}),
                    std::invalid_argument);
    CHECK_THROWS_AS(replace_by_conditional_mean(grid, std::vector<std::int32_t>{0}, of_grid),
                    std::invalid_argument);
    CHECK_THROWS_AS(replace_by_mean(Mat<double>(3, 0), 5), std::invalid_argument);
}

TEST_CASE("resampling takes every other column equally often, and never the sample's own") {
    const Index columns = 6, samples = 3000;
    Mat<double> pool(1, columns);
    for (Index c = 0; c < columns; ++c) pool(0, c) = static_cast<double>(c);
    std::vector<std::int32_t> own;
    for (Index n = 0; n < samples; ++n) own.push_back(static_cast<std::int32_t>(n % columns));
    const Replacement replacement =
        replace_by_resampling(pool, samples, own, {.draws = 2, .seed = 9});
    CHECK(replacement.draws() == 2);
    CHECK(replacement.sources[0] != replacement.sources[1]);
    Mat<double> counts = Mat<double>::Zero(columns, columns);
    for (Index n = 0; n < samples; ++n) {
        counts(own[at(n)], static_cast<Index>(replacement.value(0, n, 0))) += 1;
    }
    // 500 samples of each own column, a fifth to every other: 100 with a standard deviation of 9.
    for (Index i = 0; i < columns; ++i) {
        for (Index j = 0; j < columns; ++j) {
            INFO(i, " takes ", j);
            CHECK((i == j ? counts(i, j) == 0 : std::abs(counts(i, j) - 100) < 36));
        }
    }
    const Replacement free = replace_by_resampling(pool, samples, {}, {.draws = 1, .seed = 9});
    CHECK(free.samples() == samples);
    CHECK(replace_by_resampling(pool, samples, own, {.draws = 2, .seed = 9}).sources ==
          replacement.sources);
    CHECK(replace_by_resampling(pool, samples, own, {.draws = 1, .seed = 8}).sources[0] !=
          replacement.sources[0]);

    CHECK_THROWS_AS(replace_by_resampling(pool, samples, {}, {.draws = 0}), std::invalid_argument);
    CHECK_THROWS_AS(replace_by_resampling(pool.leftCols(1), 1, std::vector<std::int32_t>{0}, {}),
                    std::invalid_argument);
    CHECK_THROWS_AS(replace_by_resampling(pool, 1, std::vector<std::int32_t>{6}, {}),
                    std::invalid_argument);
}

}  // namespace dualtape::analyses
