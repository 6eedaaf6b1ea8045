// Quadratic forms of operators, and their counters.
#include "engine/curvature/operator.h"

#include <doctest/doctest.h>

#include "tests/engine/curvature/spectra.h"

using namespace dualtape;
using namespace dualtape::curvature;
using dualtape::tests::with_spectrum;

namespace {

Mat<double> block_of(Index rows, Index columns) {
    Mat<double> v(rows, columns);
    kernels::Stream(1, "data").fill_normal(v.data(), v.size());
    return v;
}

// Knows v'v without a product.
class Identity final : public Operator<double> {
  public:
    Index rows() const override { return 7; }

  private:
    void multiply(In<Mat<double>> v, Out<Mat<double>> av) const override { av = v; }
    Vec<double> quadratic_form(In<Mat<double>> v) const override {
        ++forms;
        return v.colwise().squaredNorm().transpose();
    }

  public:
    mutable int forms = 0;
};

}  // namespace

TEST_CASE("quadratic forms are v'Av of every column, and count apart from products") {
    const Mat<double> a = with_spectrum(Vec<double>::LinSpaced(7, -3, 4), 1), v = block_of(7, 5);
    const DenseOperator<double> matrix(a);
    const Vec<double> forms = matrix.quadratic(v);
    for (Index c = 0; c < 5; ++c) {
        CHECK(forms[c] == doctest::Approx(v.col(c).dot(a * v.col(c))).epsilon(1e-13));
    }
    CHECK(matrix.quadratics() == 5);
    CHECK(matrix.products() == 0);
    Mat<double> av(7, 5);
    matrix.apply(v, av);
    CHECK(matrix.quadratics() == 5);
    CHECK(matrix.products() == 5);
    CHECK_THROWS_WITH_AS(matrix.quadratic(block_of(6, 2)),
                         "operator: a block of 6x2 for a matrix of 7 rows", std::invalid_argument);
}

TEST_CASE("an operator's own way to quadratic forms is used, through a shift as well") {
    const Identity matrix;
    const Mat<double> v = block_of(7, 3);
    const ShiftedOperator<double> shifted(matrix, 0.5);
    const Vec<double> forms = shifted.quadratic(v);
    CHECK(matrix.forms == 1);
    CHECK(matrix.products() == 0);
    for (Index c = 0; c < 3; ++c) {
        CHECK(forms[c] == doctest::Approx(1.5 * v.col(c).squaredNorm()).epsilon(1e-14));
    }
}

TEST_CASE("quadratic forms in float are summed in double") {
    // 1 + 2^24 entries of 1: a sum in float stops at 2^24.
    const Index n = (Index{1} << 24) + 1;
    const FunctionOperator<float> matrix(n, [](In<Mat<float>> v, Out<Mat<float>> av) { av = v; });
    CHECK(matrix.quadratic(Mat<float>::Ones(n, 1))[0] == static_cast<double>(n));
}
