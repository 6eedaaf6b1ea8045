// Shares and overlaps on subspaces whose angles are known.
#include "engine/curvature/overlap.h"

#include <cmath>

#include <doctest/doctest.h>

#include "tests/engine/curvature/spectra.h"
#include "tests/support/random.h"

using namespace dualtape;
using namespace dualtape::curvature;
using namespace dualtape::testing;

TEST_CASE("the share of a vector inside a subspace is the squared cosine of their angle") {
    const Mat<double> q = tests::random_rotation(30, 1);
    const Vec<double> v = 3 * q.col(0) - 4 * q.col(5) + 12 * q.col(20);
    CHECK(share_inside<double>(q.leftCols(6), v) == doctest::Approx(25.0 / 169).epsilon(1e-13));
    CHECK(share_inside<double>(q, v) == doctest::Approx(1).epsilon(1e-13));
    CHECK(share_inside<double>(q.leftCols(0), v) == 0);
    CHECK(share_inside<float>(q.leftCols(6).cast<float>(), v.cast<float>()) ==
          doctest::Approx(25.0 / 169).epsilon(1e-6));
    CHECK(std::isnan(share_inside<double>(q, Vec<double>::Zero(30))));
}

TEST_CASE("the overlap of subspaces is the mean squared cosine of their principal angles") {
    const Mat<double> q = tests::random_rotation(30, 2);
    Mat<double> a = q.leftCols(3), b(30, 3);
    const double angles[] = {0.0, 0.3, 1.2};
    double expected = 0;
    for (Index i = 0; i < 3; ++i) {
        b.col(i) = std::cos(angles[i]) * q.col(i) + std::sin(angles[i]) * q.col(10 + i);
        expected += std::cos(angles[i]) * std::cos(angles[i]) / 3;
    }
    const Mat<double> turn = tests::random_rotation(3, 3);
    CHECK(subspace_overlap<double>(a, b) == doctest::Approx(expected).epsilon(1e-13));
    CHECK(subspace_overlap<double>(a * turn, b) == doctest::Approx(expected).epsilon(1e-13));
    CHECK(subspace_overlap<double>(q.leftCols(8), a) == doctest::Approx(1).epsilon(1e-13));
    CHECK(subspace_overlap<double>(q.rightCols(5), a) < 1e-28);
    CHECK_THROWS_WITH_AS(subspace_overlap<double>(a, Mat<double>::Zero(29, 3)),
                         "subspace overlap: 30 and 29 rows; they must be equal",
                         std::invalid_argument);
}

TEST_CASE("random subspaces overlap as much as chance has it") {
    double share = 0, overlap = 0;
    const int draws = 200;
    for (std::uint64_t seed = 0; seed < draws; ++seed) {
        const Mat<double> q = tests::random_rotation(20, 10 + seed);
        const Mat<double> r = tests::random_rotation(20, 1000 + seed);
        share += share_inside<double>(q.leftCols(4), r.col(0)) / draws;
        overlap += subspace_overlap<double>(q.leftCols(4), r.leftCols(6)) / draws;
    }
    // A share is Beta(2, 8): variance 0.0145, four standard errors of the mean are 0.034.
    CHECK(std::abs(share - 4.0 / 20) < 0.034);
    CHECK(std::abs(overlap - 6.0 / 20) < 0.034);
}
