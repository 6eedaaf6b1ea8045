// Diagonals and the errors of their entries.
#include "engine/curvature/diagonal.h"

#include <cmath>

#include <doctest/doctest.h>

#include "engine/curvature/estimate.h"
#include "engine/curvature/probes.h"
#include "tests/engine/curvature/spectra.h"

using namespace dualtape;
using namespace dualtape::curvature;
using dualtape::tests::diagonal_operator;
using dualtape::tests::network_like_values;
using dualtape::tests::orthonormal_columns;
using dualtape::tests::reflected;
using dualtape::tests::with_spectrum;

namespace {

DiagonalSettings diagonal_budget(Index budget, std::uint64_t seed = 0) {
    DiagonalSettings settings;
    settings.budget = budget;
    settings.seed = seed;
    return settings;
}

}  // namespace

TEST_CASE("a diagonal matrix is read by one probe") {
    const Vec<double> values = network_like_values(100, 1);
    const FunctionOperator<double> matrix = diagonal_operator(values);
    const DiagonalEstimate one = rademacher_diagonal(matrix, diagonal_budget(1));
    CHECK(one.values == values);
    CHECK(std::isnan(one.standard_errors[0]));
    const DiagonalEstimate ten = rademacher_diagonal(matrix, diagonal_budget(10));
    CHECK(ten.values == values);
    CHECK(ten.standard_errors.isZero(0));
    CHECK(ten.products == 10);
}

TEST_CASE("the variance of an entry is the sum of squares beside it, and intervals cover") {
    constexpr Index kProbes = 400;
    const Mat<double> a = with_spectrum(Vec<double>::LinSpaced(30, -1, 2), 2);
    int beyond_two = 0, beyond_four = 0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const DiagonalEstimate estimate =
            rademacher_diagonal(DenseOperator<double>(a), diagonal_budget(kProbes, seed));
        for (Index i = 0; i < 30; ++i) {
            const double variance = a.row(i).squaredNorm() - a(i, i) * a(i, i);
            const double predicted = std::sqrt(variance / kProbes);
            // The error of 400 near normal samples is known to 3.5 %.
            CHECK(estimate.standard_errors[i] == doctest::Approx(predicted).epsilon(0.18));
            const double error = std::abs(estimate.values[i] - a(i, i)) / predicted;
            beyond_two += error > 1.96 ? 1 : 0;
            beyond_four += error > 4.5 ? 1 : 0;
        }
    }
    CHECK(beyond_four == 0);
    CHECK(std::abs(beyond_two / 1200.0 - 0.05) < 0.025);
}

TEST_CASE(
    "an entry's own 95 % interval covers in 95 +- 2 % of cases; XDiag's errors are too small") {
    // 400 runs of 30 entries.
    Vec<double> values(30);
    for (Index i = 0; i < 30; ++i) values[i] = 1 + 0.5 * std::sin(7.0 * static_cast<double>(i));
    const Mat<double> a = with_spectrum(values, 2);
    const DenseOperator<double> matrix(a);
    constexpr int kRuns = 400;
    struct Quality {
        double coverage, ratio;  // of intervals; of the true error to the standard error
    };
    const auto quality_of = [&](auto estimator, Index budget) {
        double covered = 0, squares = 0, stated = 0;
        for (int run = 0; run < kRuns; ++run) {
            const DiagonalEstimate estimate =
                estimator(matrix, diagonal_budget(budget, static_cast<std::uint64_t>(run)));
            const Vec<double> errors = (estimate.values - a.diagonal()).cwiseAbs();
            const Vec<double> reach =
                student_quantile(estimate.probes - 1) * estimate.standard_errors;
            covered += static_cast<double>((errors.array() <= reach.array()).count());
            squares += errors.squaredNorm();
            stated += estimate.standard_errors.squaredNorm();
        }
        return Quality{covered / (30 * kRuns), std::sqrt(squares / stated)};
    };
    const Quality plain = quality_of(rademacher_diagonal<double>, 12);
    const Quality sketched = quality_of(xdiag<double>, 24);
    MESSAGE("coverage: rademacher " << plain.coverage << ", XDiag " << sketched.coverage);
    MESSAGE("true error over standard error: rademacher " << plain.ratio << ", XDiag "
                                                          << sketched.ratio);
    CHECK(std::abs(plain.coverage - 0.95) <= 0.02);
    CHECK(plain.ratio == doctest::Approx(1).epsilon(0.05));
    // What the header states of XDiag.
    CHECK(sketched.coverage > 0.8);
    CHECK(sketched.coverage < 0.95);
    CHECK(sketched.ratio > 1);
    CHECK(sketched.ratio < 1.5);
}

TEST_CASE("XDiag is exact below rank s, and better where the spectrum decays") {
    Vec<double> values = Vec<double>::Zero(80);
    values.head(9) << 9, -8, 7, -6, 5, 4, 3, 2, 1;
    const Mat<double> low_rank = with_spectrum(values, 3);
    const DiagonalEstimate exact = xdiag(DenseOperator<double>(low_rank), diagonal_budget(20));
    CHECK((exact.values - low_rank.diagonal()).cwiseAbs().maxCoeff() < 1e-10 * 9);
    CHECK(exact.standard_errors.maxCoeff() < 1e-10 * 9);
    CHECK(exact.products == 20);
    for (Index i = 0; i < 80; ++i) values[i] = std::pow(0.8, static_cast<double>(i));
    const Mat<double> decaying = with_spectrum(values, 3);
    const DenseOperator<double> matrix(decaying);
    const auto error = [&](const DiagonalEstimate& estimate) {
        return (estimate.values - decaying.diagonal()).norm();
    };
    CHECK(error(xdiag(matrix, diagonal_budget(40))) <
          0.1 * error(rademacher_diagonal(matrix, diagonal_budget(40))));
}

TEST_CASE("the formula of XDiag is the mean over probes left out, done one by one") {
    const Index p = 30, s = 6;
    const Mat<double> a = with_spectrum(network_like_values(p, 4), 4);
    Mat<double> omega(p, s);
    fill_probes<double>(Probe::rademacher, 0, "diagonal", 0, omega);
    Mat<double> samples(p, s);
    for (Index i = 0; i < s; ++i) {
        Mat<double> others(p, s - 1);
        others << omega.leftCols(i), omega.rightCols(s - 1 - i);
        const Mat<double> q = orthonormal_columns(a * others);
        const Mat<double> known = q * (q.transpose() * a);
        samples.col(i) = known.diagonal() + omega.col(i).cwiseProduct((a - known) * omega.col(i));
    }
    const DiagonalEstimate estimate = xdiag(DenseOperator<double>(a), diagonal_budget(2 * s));
    const Vec<double> mean = samples.rowwise().mean();
    CHECK((estimate.values - mean).cwiseAbs().maxCoeff() < 1e-11 * a.norm());
    const Vec<double> deviation =
        ((samples.colwise() - mean).rowwise().squaredNorm() / double(s - 1) / double(s))
            .cwiseSqrt();
    CHECK((estimate.standard_errors - deviation).cwiseAbs().maxCoeff() < 1e-10 * a.norm());
}

TEST_CASE("float, threads and refused settings") {
    const Vec<double> values = network_like_values(9000, 5);
    const FunctionOperator<double> matrix = reflected(values, 5);
    const FunctionOperator<float> rough = reflected<float>(values, 5);
    DiagonalSettings settings = diagonal_budget(12);
    const DiagonalEstimate one = xdiag(matrix, settings);
    CHECK(
        (rademacher_diagonal(rough, settings).values - rademacher_diagonal(matrix, settings).values)
            .cwiseAbs()
            .maxCoeff() < 1e-4);
    for (const int threads : {2, 3}) {
        settings.threads = threads;
        CHECK(xdiag(matrix, settings).values == one.values);
    }
    CHECK_THROWS_AS(xdiag(matrix, diagonal_budget(3)), std::invalid_argument);
    CHECK_THROWS_AS(rademacher_diagonal(matrix, diagonal_budget(0)), std::invalid_argument);
}
