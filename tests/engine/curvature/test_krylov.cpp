// Krylov spaces: what their recurrence says holds for the matrix, before and after restarts.
#include "engine/curvature/krylov.h"

#include <doctest/doctest.h>

#include "tests/engine/curvature/spectra.h"

using namespace dualtape;
using namespace dualtape::curvature;
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
