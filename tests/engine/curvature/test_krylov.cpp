// Krylov spaces: what their recurrence says holds for the matrix, before and after restarts.
#include "engine/curvature/krylov.h"

#include <doctest/doctest.h>

#include "tests/engine/curvature/spectra.h"

using namespace dualtape;
using namespace dualtape::curvature;
using dualtape::tests::diagonal_operator;
using dualtape::tests::network_like_values;
using dualtape::tests::with_spectrum;

namespace {

// The largest difference between |A y - value y| and its estimate, over all Ritz pairs.
double estimate_error(const Krylov<double>& krylov, const Mat<double>& a) {
    std::vector<Index> all;
    for (Index i = 0; i < krylov.values().size(); ++i) all.push_back(i);
    const Mat<double> y = krylov.vectors(all);
    const Mat<double> residual = a * y - y * krylov.values().asDiagonal();
    return (residual.colwise().norm().transpose() - krylov.residuals()).cwiseAbs().maxCoeff();
}

}  // namespace

TEST_CASE("residual estimates are the true residuals, before and after restarts") {
    const Mat<double> a = with_spectrum(network_like_values(150, 3), 3);
    const DenseOperator<double> matrix(a);
    for (const Wanted wanted :
         {Wanted{4, 0, 0}, Wanted{0, 4, 0}, Wanted{3, 2, 0}, Wanted{0, 0, 4}}) {
        for (const Index block : {1, 3}) {
            KrylovSettings settings;
            settings.block = block;
            settings.limit = 24;
            Krylov<double> krylov(matrix, settings);
            const Index products_before = matrix.products();
            krylov.begin(Mat<double>(150, 0), Mat<double>());
            for (int stretch = 0; stretch < 6; ++stretch) {
                while (!krylov.is_full()) REQUIRE(krylov.expand());
                krylov.project();
                INFO("block ", block, ", stretch ", stretch);
                // Rounding: two hundred columns of norm 50 or less.
                CHECK(estimate_error(krylov, a) < 1e-11);
                krylov.restart(wanted);
                CHECK(krylov.size() >= wanted.all());
                CHECK(krylov.size() <= settings.limit - 2 * block);
                CHECK(estimate_error(krylov, a) < 1e-11);
            }
            CHECK(krylov.restarts() == 6);
            CHECK(krylov.products() == matrix.products() - products_before);
            CHECK(krylov.norm() <= 55 * (1 + 1e-12));
        }
    }
}

TEST_CASE("locked vectors stay out of the space") {
    Vec<double> values = Vec<double>::LinSpaced(60, 0, 1);
    values.tail(2) << 5, 5;
    Mat<double> a = values.asDiagonal();
    const DenseOperator<double> matrix(a);
    KrylovSettings settings;
    settings.locked = 2;
    Krylov<double> krylov(matrix, settings);
    krylov.begin(Mat<double>::Identity(60, 60).rightCols(2), Mat<double>());
    while (!krylov.is_complete()) REQUIRE(krylov.expand());
    krylov.project();
    CHECK(krylov.size() == 58);
    CHECK(krylov.values()[57] < 1);
}

TEST_CASE("choose lists the most wanted first") {
    Vec<double> values(5);
    values << -4, -1, 0, 2, 3;
    CHECK(choose(values, {2, 1, 0}) == std::vector<Index>{4, 3, 0});
    CHECK(choose(values, {0, 0, 3}) == std::vector<Index>{0, 4, 3});
    CHECK(choose(values, {4, 4, 0}) == std::vector<Index>{4, 3, 2, 1, 0});
}

TEST_CASE("no eigenvector holds more of the first block than the space allows at its value") {
    constexpr Index kRows = 400;
    Vec<double> values = network_like_values(kRows, 5);
    values.head(3) << 9, 9.5, 10;
    const auto matrix = diagonal_operator(values);
    const double top = values.maxCoeff(), bottom = values.minCoeff();
    for (const Index block : {1, 2, 3}) {
        for (const std::uint64_t seed : {0, 1, 2, 3}) {
            INFO("block ", block, ", seed ", seed);
            Krylov<double> krylov(matrix, {block, 10 * block, 0, seed, 1});
            krylov.begin(Mat<double>(kRows, 0), Mat<double>());
            // The block spans what these vectors span; eigenvectors are unit vectors.
            Mat<double> first(kRows, block);
            kernels::Stream(seed, "probes", 0).fill_normal(first.data(), first.size());
            const Vec<double> held =
                dualtape::tests::orthonormal_columns(first).rowwise().squaredNorm();
            double last = 1;
            for (int i = 0; i < 10; ++i) {
                krylov.expand();
                krylov.project();
                const Index size = krylov.size();
                for (Index k = 0; k < kRows; ++k) {
                    if (values[k] != top && values[k] != bottom) continue;
                    CHECK(held[k] <= krylov.hidden_weight(values[k], size, size) * (1 + 1e-9));
                }
                const double beyond = krylov.hidden_weight(3 * top, size, size);
                CHECK(beyond < last);
                last = beyond;
                // Among the Ritz values nothing is known.
                const double between = 0.5 * (krylov.values()[0] + krylov.values()[size - 1]);
                if (size > 1) CHECK(krylov.hidden_weight(between, size, size) == 1);
            }
            CHECK(last < 1e-12);
            krylov.restart({2, 2, 0});
            CHECK(krylov.hidden_weight(3 * top, 0, 0) == 1);
        }
    }
}

TEST_CASE("one eigenvector in a thousand holds less than the least weight") {
    for (const Index block : {1, 2, 4}) {
        constexpr Index kRows = 2000;
        const Vec<double> values = Vec<double>::LinSpaced(kRows, 0, 1);
        const auto matrix = diagonal_operator(values);
        int below = 0;
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            Krylov<double> krylov(matrix, {block, 40, 0, seed, 1});
            krylov.begin(Mat<double>(kRows, 0), Mat<double>());
            Mat<double> first(kRows, block);
            kernels::Stream(seed, "probes", 0).fill_normal(first.data(), first.size());
            const Vec<double> held =
                dualtape::tests::orthonormal_columns(first).rowwise().squaredNorm();
            below += static_cast<int>((held.array() < krylov.least_weight()).count());
        }
        INFO("block ", block);
        CHECK(below >= 15);  // 40 are expected, with a standard deviation of 6
        CHECK(below <= 65);
    }
}
