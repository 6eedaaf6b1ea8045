// Operators without their known eigenpairs.
#include "engine/curvature/deflation.h"

#include <doctest/doctest.h>

#include "tests/engine/curvature/spectra.h"

using namespace dualtape;
using namespace dualtape::curvature;
using dualtape::tests::random_rotation;
using dualtape::tests::with_spectrum;

TEST_CASE("the deflated operator is (I - VV') A (I - VV')") {
    const Mat<double> a = with_spectrum(Vec<double>::LinSpaced(40, -1, 2), 5);
    const Deflation<double> deflation{Vec<double>::Ones(3), random_rotation(40, 6).leftCols(3)};
    const DenseOperator<double> matrix(a);
    const DeflatedOperator<double> deflated(matrix, deflation, 1);
    const Mat<double> projector =
        Mat<double>::Identity(40, 40) - deflation.vectors * deflation.vectors.transpose();
    const Mat<double> expected = projector * a * projector;
    Mat<double> product(40, 40);
    deflated.apply(Mat<double>::Identity(40, 40), product);
    CHECK((product - expected).cwiseAbs().maxCoeff() < 1e-14);
    CHECK((deflated.quadratic(Mat<double>::Identity(40, 40)) - expected.diagonal()).norm() < 1e-14);
    CHECK(deflated.dimension() == 37);
}

TEST_CASE("the converged pairs of a solve, from both ends") {
    Vec<double> values = Vec<double>::LinSpaced(200, -1, 1);
    values.head(6) << -9, -7, -5, -3, 4, 6;
    values.tail(2) << 8, 11;
    const DenseOperator<double> matrix(with_spectrum(values, 4));
    LanczosSettings<double> settings;
    settings.largest = 4;
    settings.smallest = 2;
    Eigenpairs<double> pairs = lanczos(matrix, settings);
    pairs.largest[3].is_converged = false;
    const Deflation<double> deflation = converged_pairs(pairs);
    REQUIRE(deflation.values.size() == 5);
    CHECK(deflation.values[2] == pairs.largest[2].value);
    CHECK(deflation.values[4] == pairs.smallest[1].value);
    CHECK(deflation.vectors.col(4) == pairs.smallest_vectors.col(1));
    // What the projections leave of V is round-off.
    Mat<double> product(200, 5);
    DeflatedOperator<double>(matrix, deflation, 1).apply(deflation.vectors, product);
    CHECK(product.norm() < 1e-12 * pairs.norm);
}

TEST_CASE("a deflation that does not fit is refused") {
    const DenseOperator<double> matrix(Mat<double>::Identity(5, 5));
    const auto deflate = [&](Index values, Mat<double> vectors) {
        const Deflation<double> deflation{Vec<double>::Ones(values), std::move(vectors)};
        return DeflatedOperator<double>(matrix, deflation, 1).dimension();
    };
    CHECK(deflate(2, Mat<double>::Identity(5, 2)) == 3);
    CHECK_THROWS_WITH_AS(deflate(2, Mat<double>::Identity(4, 2)),
                         "deflation: 2 values with 4x2 vectors for a matrix of 5 rows",
                         std::invalid_argument);
    CHECK_THROWS_AS(deflate(3, Mat<double>::Identity(5, 2)), std::invalid_argument);
    CHECK_THROWS_AS(deflate(5, Mat<double>::Identity(5, 5)), std::invalid_argument);
    CHECK_THROWS_AS(deflate(2, Mat<double>::Ones(5, 2)), std::invalid_argument);
}
