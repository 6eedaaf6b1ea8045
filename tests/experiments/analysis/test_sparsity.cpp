#include "experiments/analysis/sparsity.h"

#include <cmath>

#include <doctest/doctest.h>
#include <Eigen/QR>

#include "tests/support/random.h"

namespace dualtape::analysis {

TEST_CASE("the Gini coefficient of known distributions") {
    CHECK(gini(Vec<double>::Constant(7, 2.5)) == 0);
    Vec<double> one = Vec<double>::Zero(8);
    one(3) = 5;
    CHECK(gini(one) == doctest::Approx(7.0 / 8).epsilon(1e-15));
    Vec<double> rising(4);
    rising << 4, 2, 1, 3;  // (-3 - 2 + 3 + 12) / 40
    CHECK(gini(rising) == doctest::Approx(0.25).epsilon(1e-15));
    CHECK(std::isnan(gini(Vec<double>::Zero(3))));
    CHECK(std::isnan(gini(Vec<double>())));
    CHECK_THROWS_AS(gini(-one), std::invalid_argument);
}

TEST_CASE("the Gini coefficient is half the mean difference over the mean") {
    const Vec<double> x = testing::uniform_vector(40, 1, 0, 3);
    double difference = 0;
    for (const double u : x) {
        for (const double v : x) difference += std::abs(u - v);
    }
    CHECK(gini(x) == doctest::Approx(difference / (2 * 40 * x.sum())).epsilon(1e-13));
    CHECK(gini(7 * x) == doctest::Approx(gini(x)).epsilon(1e-13));
}

TEST_CASE("the rank that holds the energy counts singular values") {
    const Mat<double> u = testing::uniform_matrix(9, 3, 2).householderQr().householderQ() *
                          Mat<double>::Identity(9, 3);
    const Mat<double> v = testing::uniform_matrix(5, 3, 3).householderQr().householderQ() *
                          Mat<double>::Identity(5, 3);
    Vec<double> s(3);
    s << 3, 2, 0.1;  // squares 9, 4, 0.01
    const Mat<double> m = u * s.asDiagonal() * v.transpose();
    CHECK(energy_rank(m, 0.69) == 1);
    CHECK(energy_rank(m, 0.70) == 2);
    CHECK(energy_rank(m) == 2);
    CHECK(energy_rank(m, 0.9999) == 3);
    CHECK(energy_rank(m.transpose(), 1) == 3);
    CHECK(energy_rank(Mat<double>::Zero(3, 2)) == 0);
    CHECK(energy_rank(Mat<double>::Identity(4, 4), 1) == 4);
    CHECK_THROWS_AS(energy_rank(m, 0), std::invalid_argument);
}

}  // namespace dualtape::analysis
