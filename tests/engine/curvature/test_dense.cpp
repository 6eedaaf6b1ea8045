// The dense spectrum: when it is chosen, what it refuses, and what it says exactly.
#include "engine/curvature/dense.h"

#include <cmath>

#include <doctest/doctest.h>

#include "engine/curvature/dense_spectrum.h"
#include "tests/engine/curvature/spectra.h"

using namespace dualtape;
using namespace dualtape::curvature;

TEST_CASE("the dense spectrum is preferred when small, or when Lanczos would cost more products") {
    CHECK(prefers_dense(2500, 0));
    CHECK_FALSE(prefers_dense(2501, 0));
    CHECK_FALSE(prefers_dense(4000, 4000));
    CHECK(prefers_dense(4000, 4001));
    CHECK(prefers_dense(11000, 12000));        // 923 MiB
    CHECK_FALSE(prefers_dense(12000, 20000));  // 1099 MiB
    CHECK_FALSE(prefers_dense(100, 0, {2500, 79999}));
    CHECK(prefers_dense(100, 0, {2500, 80000}));
    CHECK(dense_bytes(4428) == 156857472);
}

TEST_CASE("a dense matrix above the memory limit is refused, with the way out") {
    const FunctionOperator<float> large(
        20000, [](In<Mat<float>>, Out<Mat<float>>) { FAIL("no product may start"); });
    CHECK_THROWS_WITH_AS(
        dense_matrix(large),
        "dense matrix: 20000 rows take 3051 MiB, more than the limit of 1024 MiB; use lanczos for "
        "the ends of the spectrum",
        std::invalid_argument);
}

TEST_CASE("asymmetry is the largest difference over the norm, and the mean is kept") {
    Mat<double> a(3, 3);
    a << 1, 2, 0, 2.5, 4, 0, 0, 0, -6;
    const DenseMatrix dense = dense_matrix(DenseOperator<double>(a));
    CHECK(dense.matrix == 0.5 * (a + a.transpose()));
    CHECK(dense.asymmetry == doctest::Approx(0.5 / a.norm()));
}

TEST_CASE("trace, norm, inertia and determinant follow from the spectrum") {
    Vec<double> values(6);
    values << 3, -2, 0, 1e-17, 5, -1;
    const Mat<double> a = tests::with_spectrum(values, 3);
    const Vec<double> found = dense_eigenvalues(a);
    CHECK((found - dense_spectrum(a).values).cwiseAbs().maxCoeff() < 1e-14);
    const SpectrumSummary summary = summarise(found);
    CHECK(summary.trace == doctest::Approx(5).epsilon(1e-14));
    CHECK(summary.trace == doctest::Approx(a.diagonal().sum()).epsilon(1e-14));
    CHECK(summary.frobenius == doctest::Approx(std::sqrt(39)).epsilon(1e-14));
    CHECK(summary.negative == 2);
    CHECK(summary.zero == 2);
    CHECK(summary.positive == 2);
    CHECK(summary.log_det == doctest::Approx(std::log(30.0)).epsilon(1e-13));
    CHECK(summary.effective_rank == doctest::Approx(25.0 / 39).epsilon(1e-13));
    CHECK(summarise(found, 1.5).zero == 3);
    CHECK(summarise(found, 1.5).log_det == doctest::Approx(std::log(30.0)).epsilon(1e-13));
    const SpectrumSummary none = summarise(Vec<double>::Zero(4));
    CHECK(none.zero == 4);
    CHECK(none.log_det == 0);
    CHECK(std::isnan(none.effective_rank));
}
