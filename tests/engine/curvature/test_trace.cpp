// Hutchinson's estimator: variance, intervals, deflation, the stopping rule.
#include "engine/curvature/trace.h"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "tests/engine/curvature/spectra.h"
#include "tests/engine/curvature/trace_estimates.h"

using namespace dualtape;
using namespace dualtape::curvature;
using dualtape::tests::coverage;
using dualtape::tests::diagonal_operator;
using dualtape::tests::network_like_values;
using dualtape::tests::random_rotation;
using dualtape::tests::reflected;
using dualtape::tests::with_budget;
using dualtape::tests::with_spectrum;

TEST_CASE("signs give the trace of a diagonal matrix without variance") {
    const Vec<double> values = network_like_values(300, 1);
    const TraceEstimate estimate = hutchinson(diagonal_operator(values), with_budget(10));
    CHECK(estimate.value == doctest::Approx(values.sum()).epsilon(1e-12));
    CHECK(estimate.standard_error < 1e-12 * values.cwiseAbs().sum());
    CHECK(estimate.quadratics == 10);
    CHECK(estimate.products == 0);
}

TEST_CASE("the variance of a probe is that of the formulas") {
    constexpr Index kRows = 12, kProbes = 20000;
    const Mat<double> a = with_spectrum(Vec<double>::LinSpaced(kRows, -1, 3), 2);
    const double norm = a.squaredNorm(), p = kRows;
    const double off_diagonal = norm - a.diagonal().squaredNorm();
    const std::pair<Probe, double> cases[] = {
        {Probe::rademacher, 2 * off_diagonal},
        {Probe::gaussian, 2 * norm},
        {Probe::sphere, 2 * p / (p + 2) * (norm - a.trace() * a.trace() / p)}};
    for (const auto& row : cases) {
        const auto& kind = std::get<0>(row);
        const auto& variance = std::get<1>(row);
        TraceSettings<double> settings = with_budget(kProbes);
        settings.kind = kind;
        const TraceEstimate estimate = hutchinson(DenseOperator<double>(a), settings);
        const double measured = estimate.standard_error * estimate.standard_error * kProbes;
        // The variance of n samples has relative error sqrt((kurtosis - 1) / n), below 1.5 % here.
        CHECK(measured == doctest::Approx(variance).epsilon(0.06));
    }
}

TEST_CASE("the trace lies within 4 standard errors for 50 seeds, in double and float") {
    const Vec<double> values = network_like_values(200, 3);
    const FunctionOperator<double> matrix = reflected(values, 3);
    const FunctionOperator<float> in_float = reflected<float>(values, 3);
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const TraceEstimate estimate = hutchinson(matrix, with_budget(48, seed));
        CHECK(std::abs(estimate.value - values.sum()) <= 4 * estimate.standard_error);
        TraceSettings<float> settings;
        settings.seed = seed;
        const TraceEstimate rough = hutchinson(in_float, settings);
        // Products in float: a relative error of 6e-8 of the largest value times P.
        CHECK(rough.value == doctest::Approx(estimate.value).epsilon(1e-4));
    }
}

TEST_CASE("the 95 % interval covers the trace in 95 +- 2 % of runs, for 4 probes as for 48") {
    // 4000 runs have a standard error of 0.34 %. Spread eigenvalues make the samples near normal.
    Vec<double> values(30);
    for (Index i = 0; i < 30; ++i) values[i] = std::cos(3.0 * static_cast<double>(i));
    const DenseOperator<double> matrix(with_spectrum(values, 4));
    constexpr int kRuns = 4000;
    for (const Index budget : {4, 48}) {
        for (const Probe kind : {Probe::rademacher, Probe::gaussian, Probe::sphere}) {
            const double covered = coverage(kRuns, values.sum(), [&](std::uint64_t seed) {
                TraceSettings<double> settings = with_budget(budget, seed);
                settings.kind = kind;
                return hutchinson(matrix, settings);
            });
            INFO("probe ", int(kind), ", budget ", budget);
            CHECK(std::abs(covered - 0.95) <= 0.02);
        }
    }
}

TEST_CASE("so do the intervals of a squared norm and of the stopping rule") {
    const Vec<double> values = Vec<double>::LinSpaced(30, -0.5, 1.5);
    const DenseOperator<double> matrix(with_spectrum(values, 4));
    constexpr int kRuns = 3000;
    const double norms = coverage(kRuns, values.squaredNorm(), [&](std::uint64_t seed) {
        return trace_and_norm(matrix, with_budget(24, seed)).squared_norm;
    });
    const double traces = coverage(kRuns, values.sum(), [&](std::uint64_t seed) {
        ToleranceSettings<double> settings;
        settings.relative_tolerance = 0.05;
        settings.trace = with_budget(24, seed);
        return trace_to_tolerance(matrix, settings);
    });
    MESSAGE("coverage of squared norms " << norms << ", to a tolerance " << traces);
    CHECK(std::abs(norms - 0.95) <= 0.02);
    CHECK(std::abs(traces - 0.95) <= 0.02);
}

TEST_CASE("where one eigenvalue makes up the trace, intervals cover less, as the header says") {
    Vec<double> values = Vec<double>::Zero(40);
    values[0] = 1;
    const DenseOperator<double> matrix(with_spectrum(values, 4));
    constexpr int kRuns = 4000;
    const std::pair<Index, double> stated[] = {{12, 0.87}, {48, 0.92}};
    for (const auto& test : stated) {
        const Index budget = test.first;
        const double covered = coverage(kRuns, 1, [&](std::uint64_t seed) {
            return hutchinson(matrix, with_budget(budget, seed));
        });
        INFO("budget ", budget);
        CHECK(std::abs(covered - test.second) <= 0.015);
    }
}

TEST_CASE("deflated pairs are exact and take their share of the variance") {
    Vec<double> values = Vec<double>::Constant(150, 0.01);
    values.head(4) << 30, 20, 10, -15;
    const Mat<double> rotation = random_rotation(150, 5);
    const DenseOperator<double> matrix(with_spectrum(values, 5));
    TraceSettings<double> settings = with_budget(30);
    const TraceEstimate plain = hutchinson(matrix, settings);
    settings.deflation = {values.head(4), rotation.leftCols(4)};
    const TraceEstimate deflated = hutchinson(matrix, settings);
    CHECK(deflated.standard_error < 1e-3 * plain.standard_error);
    CHECK(std::abs(deflated.value - values.sum()) <= 4 * deflated.standard_error);
    const TraceAndNorm both = trace_and_norm(matrix, settings);
    CHECK(both.trace.value == doctest::Approx(deflated.value).epsilon(1e-12));
    CHECK(both.squared_norm.value == doctest::Approx(values.squaredNorm()).epsilon(1e-6));
    CHECK(both.norm.value == doctest::Approx(values.norm()).epsilon(1e-6));
}

TEST_CASE("vectors that are no eigenvectors, with Rayleigh quotients, leave the trace unbiased") {
    const Vec<double> values = Vec<double>::LinSpaced(60, -1, 2);
    const Mat<double> a = with_spectrum(values, 6), v = random_rotation(60, 99).leftCols(7);
    TraceSettings<double> settings = with_budget(4000);
    settings.deflation = {(v.transpose() * a * v).diagonal(), v};
    const TraceEstimate estimate = hutchinson(DenseOperator<double>(a), settings);
    CHECK(std::abs(estimate.value - values.sum()) <= 4 * estimate.standard_error);
}

TEST_CASE("trace and squared norm come from the same products") {
    const Vec<double> values = network_like_values(200, 7);
    const FunctionOperator<double> matrix = reflected(values, 7);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Index before = matrix.products();
        const TraceAndNorm both = trace_and_norm(matrix, with_budget(40, seed));
        CHECK(matrix.products() - before == 40);
        CHECK(both.trace.products == 40);
        CHECK(both.trace.value ==
              doctest::Approx(hutchinson(matrix, with_budget(40, seed)).value).epsilon(1e-12));
        CHECK(std::abs(both.squared_norm.value - values.squaredNorm()) <=
              4 * both.squared_norm.standard_error);
    }
}

TEST_CASE("the stopping rule runs the batch that the pilot asks for, and reaches the tolerance") {
    const Vec<double> values = Vec<double>::LinSpaced(100, -0.5, 1.5);
    const DenseOperator<double> matrix(with_spectrum(values, 8));
    ToleranceSettings<double> settings;
    settings.relative_tolerance = 0.01;
    double squares = 0;
    constexpr int kSeeds = 40;
    for (int seed = 0; seed < kSeeds; ++seed) {
        settings.trace.seed = static_cast<std::uint64_t>(seed);
        const TraceEstimate estimate = trace_to_tolerance(matrix, settings);
        CHECK(estimate.status == TraceStatus::done);
        CHECK(estimate.quadratics == estimate.probes + 16);
        CHECK(std::abs(estimate.value - values.sum()) <= 4 * estimate.standard_error);
        // The result is that of the fresh batch alone.
        CHECK(estimate.value ==
              hutchinson(matrix, with_budget(estimate.probes, settings.trace.seed)).value);
        squares += std::pow(estimate.value / values.sum() - 1, 2);
    }
    // The pilot's variance has a relative error of sqrt(2 / 15); over 40 seeds the rms error of the
    // result is known to 13 %.
    CHECK(std::sqrt(squares / kSeeds) == doctest::Approx(0.01).epsilon(0.4));
}

TEST_CASE("a trace near zero is told, with the absolute tolerance") {
    Vec<double> values(100);
    values << Vec<double>::Constant(50, 1), Vec<double>::Constant(50, -1);
    const DenseOperator<double> matrix(with_spectrum(values, 9));
    ToleranceSettings<double> settings;
    const TraceEstimate automatic = trace_to_tolerance(matrix, settings);
    CHECK(automatic.status == TraceStatus::trace_zero);
    CHECK(automatic.probes == 100);
    settings.absolute_tolerance = 0.5;
    const TraceEstimate finer = trace_to_tolerance(matrix, settings);
    CHECK(finer.status == TraceStatus::trace_zero);
    CHECK(finer.standard_error == doctest::Approx(0.5).epsilon(0.5));
    CHECK(std::abs(finer.value) <= 4 * finer.standard_error);
}

TEST_CASE("too few probes for the tolerance, none needed, and numbers that are not finite") {
    const Vec<double> values = Vec<double>::LinSpaced(100, -0.5, 1.5);
    ToleranceSettings<double> settings;
    settings.relative_tolerance = 1e-3;
    settings.max_probes = 200;
    const TraceEstimate budget =
        trace_to_tolerance(DenseOperator<double>(with_spectrum(values, 8)), settings);
    CHECK(budget.status == TraceStatus::budget);
    CHECK(budget.probes == 200);
    const TraceEstimate exact = trace_to_tolerance(diagonal_operator(values), settings);
    CHECK(exact.status == TraceStatus::done);
    CHECK(exact.probes == 16);
    const TraceEstimate zero =
        trace_to_tolerance(DenseOperator<double>(Mat<double>::Zero(9, 9)), settings);
    CHECK(zero.value == 0);
    CHECK(zero.status == TraceStatus::done);
    Vec<double> broken = values;
    broken[3] = std::numeric_limits<double>::infinity();
    const TraceEstimate nonfinite = trace_to_tolerance(diagonal_operator(broken), settings);
    CHECK(nonfinite.status == TraceStatus::nonfinite);
    CHECK(nonfinite.quadratics == 16);
    CHECK(hutchinson(diagonal_operator(broken), with_budget(3)).status == TraceStatus::nonfinite);
}

TEST_CASE("a single probe has no error") {
    const DenseOperator<double> matrix(Mat<double>::Ones(5, 5));
    const TraceEstimate estimate = hutchinson(matrix, with_budget(1));
    CHECK(std::isnan(estimate.standard_error));
    CHECK(std::isnan(estimate.low));
    CHECK(estimate.status == TraceStatus::done);
    CHECK_THROWS_WITH_AS(hutchinson(matrix, with_budget(0)),
                         "trace: 0 probes in blocks of 8; use 1 or more of each",
                         std::invalid_argument);
}

TEST_CASE("blocks and threads do not change the bits of Hutchinson's estimate") {
    const Vec<double> values = network_like_values(9000, 10);
    const FunctionOperator<double> matrix = reflected(values, 10);
    TraceSettings<double> settings = with_budget(10);
    Mat<double> vectors(9000, 2);
    fill_probes<double>(Probe::gaussian, 1, "test", 0, vectors);
    vectors.colwise().normalize();
    vectors.col(1) -= vectors.col(0) * vectors.col(0).dot(vectors.col(1));
    vectors.col(1).normalize();
    settings.deflation = {Vec<double>::Ones(2), vectors};
    const TraceEstimate one = hutchinson(matrix, settings);
    for (const int threads : {1, 2, 3}) {
        settings.threads = threads;
        settings.block = 3;
        const TraceEstimate other = hutchinson(matrix, settings);
        CHECK(other.value == one.value);
        CHECK(other.standard_error == one.standard_error);
    }
}
