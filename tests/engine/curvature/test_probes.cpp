// The law of random probes.
#include "engine/curvature/probes.h"

#include <cmath>

#include <doctest/doctest.h>

using namespace dualtape;
using namespace dualtape::curvature;

TEST_CASE("probes have mean zero and the identity as covariance") {
    constexpr Index kRows = 5, kProbes = 40000;
    for (const Probe kind : {Probe::rademacher, Probe::gaussian, Probe::sphere}) {
        Mat<double> v(kRows, kProbes);
        fill_probes<double>(kind, 3, "test", 0, v);
        const Mat<double> covariance = v * v.transpose() / double(kProbes);
        // Standard errors: 1 / sqrt(n) of a mean and of a product, sqrt(2 / n) of a square.
        const double error = std::sqrt(2.0 / kProbes);
        CHECK(v.rowwise().mean().cwiseAbs().maxCoeff() < 4 * error);
        CHECK((covariance - Mat<double>::Identity(kRows, kRows)).cwiseAbs().maxCoeff() < 4 * error);
    }
}

TEST_CASE("signs are signs, spheres have radius sqrt(P)") {
    Mat<float> v(101, 3);
    fill_probes<float>(Probe::rademacher, 1, "test", 0, v);
    CHECK((v.array().abs() == 1.0F).all());
    fill_probes<float>(Probe::sphere, 1, "test", 0, v);
    for (Index c = 0; c < 3; ++c) {
        CHECK(v.col(c).norm() == doctest::Approx(std::sqrt(101.0)).epsilon(1e-6));
    }
}

TEST_CASE("a probe depends on its number only, not on its block") {
    for (const Probe kind : {Probe::rademacher, Probe::gaussian, Probe::sphere}) {
        Mat<double> all(77, 6), part(77, 2);
        fill_probes<double>(kind, 9, "test", 0, all);
        fill_probes<double>(kind, 9, "test", 3, part);
        CHECK(all.middleCols(3, 2) == part);
        CHECK(all.col(0) != all.col(1));
        fill_probes<double>(kind, 10, "test", 3, part);
        CHECK(all.col(3) != part.col(0));
    }
}
