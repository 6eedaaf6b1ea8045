// Operators in the metric of a diagonal.
#include "engine/curvature/scaled_operator.h"

#include <limits>

#include <doctest/doctest.h>

#include "engine/curvature/dense.h"
#include "engine/curvature/lanczos.h"
#include "tests/engine/curvature/spectra.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::curvature;
using namespace dualtape::testing;

TEST_CASE("scaling divides entries by the roots of the diagonal, in float too") {
    const Mat<double> a = tests::with_spectrum(tests::network_like_values(40, 2), 2);
    const DenseOperator<double> matrix(a);
    const DenseOperator<float> narrow(a.cast<float>());
    const Vec<double> d = uniform_vector(40, 8, 0.01, 3);
    const Vec<double> root = d.cwiseSqrt().cwiseInverse();
    const Mat<double> expected = root.asDiagonal() * a * root.asDiagonal();
    CHECK(relative_error(dense_matrix(ScaledOperator<double>(matrix, d)).matrix, expected) < 1e-14);
    CHECK(relative_error(dense_matrix(ScaledOperator<float>(narrow, d)).matrix, expected) < 1e-5);
}

TEST_CASE("a quadratic form of the scaled matrix is one of the matrix, not a product") {
    const Mat<double> a = tests::with_spectrum(tests::network_like_values(40, 5), 5);
    const DenseOperator<double> matrix(a);
    const Vec<double> d = uniform_vector(40, 8, 0.01, 3);
    const ScaledOperator<double> scaled(matrix, d);
    const Mat<double> v = uniform_matrix(40, 2, 6), x = scaled.unscale(v);
    const Vec<double> expected = x.cwiseProduct(a * x).colwise().sum().transpose();
    CHECK(relative_error(scaled.quadratic(v), expected) < 1e-13);
    CHECK(matrix.quadratics() == 2);
    CHECK(matrix.products() == 0);
}

TEST_CASE("unscaled eigenvectors solve the generalised eigenproblem") {
    const Mat<double> a = tests::with_spectrum(tests::network_like_values(80, 3), 3);
    const Vec<double> d = uniform_vector(80, 9, 0.1, 2);
    const DenseOperator<double> matrix(a);
    const ScaledOperator<double> scaled(matrix, d);
    LanczosSettings<double> settings;
    settings.largest = 2;
    settings.smallest = 0;
    settings.tolerance = 1e-12;
    const auto found = lanczos(scaled, settings);
    const Mat<double> x = scaled.unscale(found.largest_vectors);
    for (Index i = 0; i < 2; ++i) {
        const double value = found.largest[static_cast<std::size_t>(i)].value;
        // |A x - value D x| = |D^1/2 (residual of y)| <= sqrt(2) tolerance value
        CHECK((a * x.col(i) - value * d.cwiseProduct(x.col(i))).norm() < 2e-12 * value);
    }
}

TEST_CASE("a diagonal of the wrong size, or with an entry that is no positive number, is refused") {
    const DenseOperator<double> matrix(Mat<double>::Identity(3, 3));
    CHECK_THROWS_WITH_AS(ScaledOperator<double>(matrix, Vec<double>::Ones(2)),
                         "scaled operator: a diagonal of 2 for a matrix of 3 rows",
                         std::invalid_argument);
    for (const double bad : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity()}) {
        Vec<double> d = Vec<double>::Ones(3);
        d[1] = bad;
        CHECK_THROWS_AS(ScaledOperator<double>(matrix, d), std::invalid_argument);
    }
}
