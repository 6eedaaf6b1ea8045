#include "experiments/analyses/fourier/energy_rank.h"

#include <doctest/doctest.h>
#include <Eigen/QR>

#include "tests/support/random.h"

namespace dualtape::analyses {

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

}  // namespace dualtape::analyses
