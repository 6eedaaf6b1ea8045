// Hutch++, XTrace and XNysTrace: exactness, errors against Hutchinson's, intervals.
#include "engine/curvature/sketched_trace.h"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <Eigen/LU>

#include "tests/engine/curvature/spectra.h"
#include "tests/engine/curvature/trace_estimates.h"

using namespace dualtape;
using namespace dualtape::curvature;
using dualtape::tests::coverage;
using dualtape::tests::network_like_values;
using dualtape::tests::orthonormal_columns;
using dualtape::tests::random_rotation;
using dualtape::tests::reflected;
using dualtape::tests::with_budget;
using dualtape::tests::with_spectrum;

namespace {

using Estimator = TraceEstimate (*)(const Operator<double>&, const TraceSettings<double>&);

// Root mean square of the error over seeds.
double error_of(Estimator estimator, const Operator<double>& matrix, double truth, Index budget) {
    constexpr int kSeeds = 60;
    double squares = 0;
    for (int seed = 0; seed < kSeeds; ++seed) {
        const auto settings = with_budget(budget, static_cast<std::uint64_t>(seed));
        squares += std::pow(estimator(matrix, settings).value - truth, 2);
    }
    return std::sqrt(squares / kSeeds);
}

Vec<double> low_rank(Index rows, Index rank, bool is_semidefinite) {
    Vec<double> values = Vec<double>::Zero(rows);
    for (Index i = 0; i < rank; ++i) {
        const double sign = i % 2 == 1 && !is_semidefinite ? -1 : 1;
        values[i] = sign * static_cast<double>(i + 1);
    }
    return values;
}

}  // namespace

TEST_CASE("low rank is exact: Hutch++ up to a third of the budget, XTrace below half of it") {
    for (const Index rank : {1, 3, 9}) {
        const Vec<double> values = low_rank(80, rank, false);
        const DenseOperator<double> matrix(with_spectrum(values, 1));
        for (const Probe kind : {Probe::rademacher, Probe::gaussian, Probe::sphere}) {
            for (std::uint64_t seed = 0; seed < 10; ++seed) {
                INFO("rank ", rank, ", seed ", seed);
                TraceSettings<double> settings = with_budget(27, seed);
                settings.kind = kind;
                const TraceEstimate plus = hutchpp(matrix, settings);
                // Relative to the norm; XTrace takes differences of forms of size P |A|.
                CHECK(std::abs(plus.value - values.sum()) < 1e-10 * 9);
                CHECK(plus.standard_error < 1e-10 * 9);
                CHECK(plus.products == 9);
                CHECK(plus.quadratics == 18);
                settings.budget = 20;
                const TraceEstimate x = xtrace(matrix, settings);
                CHECK(std::abs(x.value - values.sum()) < 1e-10 * 9);
                CHECK(x.standard_error < 1e-10 * 9);
                CHECK(x.products == 20);
            }
        }
    }
}

TEST_CASE("XTrace is not exact at rank s") {
    const Vec<double> values = low_rank(80, 10, false);
    const TraceEstimate estimate =
        xtrace(DenseOperator<double>(with_spectrum(values, 1)), with_budget(20));
    CHECK(std::abs(estimate.value - values.sum()) > 1e-6);
    CHECK(estimate.standard_error > 1e-6);
}

TEST_CASE("XNysTrace is exact below rank s, and tells an indefinite matrix") {
    for (const Index rank : {1, 4, 9}) {
        const Vec<double> values = low_rank(80, rank, true);
        const DenseOperator<double> matrix(with_spectrum(values, 2));
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            const TraceEstimate estimate = xnystrace(matrix, with_budget(10, seed));
            CHECK(estimate.status == TraceStatus::done);
            // H is inverted down to its shift, so a few square roots of the round-off are left.
            CHECK(estimate.value == doctest::Approx(values.sum()).epsilon(3e-7));
            CHECK(estimate.products == 10);
        }
    }
    const DenseOperator<double> indefinite(with_spectrum(Vec<double>::LinSpaced(80, -1, 1), 2));
    const TraceEstimate refused = xnystrace(indefinite, with_budget(10));
    CHECK(refused.status == TraceStatus::indefinite);
    CHECK(std::isnan(refused.value));
}

TEST_CASE("the formula of XTrace is the mean over probes left out, done one by one") {
    const Index p = 30, s = 6;
    const Mat<double> a = with_spectrum(network_like_values(p, 3), 3);
    const TraceEstimate estimate = xtrace(DenseOperator<double>(a), with_budget(2 * s));
    Mat<double> omega(p, s);
    fill_probes<double>(Probe::rademacher, 0, "trace", 0, omega);
    Vec<double> samples(s);
    for (Index i = 0; i < s; ++i) {
        Mat<double> others(p, s - 1);
        others << omega.leftCols(i), omega.rightCols(s - 1 - i);
        const Mat<double> q = orthonormal_columns(a * others);
        const Vec<double> x = omega.col(i) - q * (q.transpose() * omega.col(i));
        samples[i] = (q.transpose() * a * q).trace() + x.dot(a * x);
    }
    CHECK(estimate.value == doctest::Approx(samples.mean()).epsilon(1e-11));
    const double deviation = std::sqrt((samples.array() - samples.mean()).square().sum() / (s - 1));
    CHECK(estimate.standard_error == doctest::Approx(deviation / std::sqrt(6.0)).epsilon(1e-9));
}

TEST_CASE("the formula of XNysTrace is the mean over probes left out, done one by one") {
    const Index p = 30, s = 6;
    const Mat<double> a = with_spectrum(Vec<double>::LinSpaced(p, 0.1, 2), 4);
    const TraceEstimate estimate = xnystrace(DenseOperator<double>(a), with_budget(s));
    Mat<double> omega(p, s);
    fill_probes<double>(Probe::rademacher, 0, "trace", 0, omega);
    double mean = 0;
    for (Index i = 0; i < s; ++i) {
        Mat<double> others(p, s - 1);
        others << omega.leftCols(i), omega.rightCols(s - 1 - i);
        const Mat<double> y = a * others;
        const Mat<double> rest = a - y * (others.transpose() * y).inverse() * y.transpose();
        mean += (a.trace() - rest.trace() + omega.col(i).dot(rest * omega.col(i))) / double(s);
    }
    CHECK(estimate.value == doctest::Approx(mean).epsilon(1e-11));
}

TEST_CASE("on a decaying spectrum sketches beat Hutchinson, on a flat one they cost a constant") {
    const Index rows = 200, budget = 36;
    Vec<double> decaying(rows), flat(rows);
    for (Index i = 0; i < rows; ++i) {
        decaying[i] = std::pow(0.6, static_cast<double>(i));
        flat[i] = i % 2 == 0 ? 1 : -1;
    }
    const FunctionOperator<double> fast = reflected(decaying, 5);
    const double plain = error_of(hutchinson, fast, decaying.sum(), budget);
    const double plus = error_of(hutchpp, fast, decaying.sum(), budget);
    const double x = error_of(xtrace, fast, decaying.sum(), budget);
    const double nystroem = error_of(xnystrace, fast, decaying.sum(), budget);
    MESSAGE("decaying: Hutchinson " << plain << ", Hutch++ " << plus << ", XTrace " << x
                                    << ", XNysTrace " << nystroem);
    CHECK(plus < 0.1 * plain);
    CHECK(x < 0.5 * plus);
    CHECK(nystroem < 0.5 * x);

    // Expected: sqrt(3) for Hutch++, whose samples are a third of the budget, and sqrt(2) for
    // XTrace. The error over 60 seeds is known to 9 %.
    const DenseOperator<double> level(with_spectrum(flat, 5));
    const double level_plain = error_of(hutchinson, level, 0, budget);
    const double level_plus = error_of(hutchpp, level, 0, budget) / level_plain;
    const double level_x = error_of(xtrace, level, 0, budget) / level_plain;
    MESSAGE("flat, over Hutchinson: Hutch++ " << level_plus << ", XTrace " << level_x);
    CHECK(std::abs(level_plus - std::sqrt(3.0)) < 0.5);
    CHECK(std::abs(level_x - std::sqrt(2.0)) < 0.4);
}

TEST_CASE("the trace lies within 4 standard errors of Hutch++ for 50 seeds") {
    const Vec<double> values = network_like_values(200, 6);
    const FunctionOperator<double> matrix = reflected(values, 6);
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const TraceEstimate estimate = hutchpp(matrix, with_budget(60, seed));
        CHECK(std::abs(estimate.value - values.sum()) <= 4 * estimate.standard_error);
    }
}

TEST_CASE("the 95 % interval of Hutch++ covers the trace in 95 +- 2 % of runs; XTrace has none") {
    Vec<double> values(30);
    for (Index i = 0; i < 30; ++i) values[i] = std::cos(3.0 * static_cast<double>(i));
    const DenseOperator<double> matrix(with_spectrum(values, 7));
    constexpr int kRuns = 4000;
    for (const Index budget : {12, 36}) {
        const double covered = coverage(kRuns, values.sum(), [&](std::uint64_t seed) {
            return hutchpp(matrix, with_budget(budget, seed));
        });
        INFO("budget ", budget);
        CHECK(std::abs(covered - 0.95) <= 0.02);
    }
    const TraceEstimate x = xtrace(matrix, with_budget(12));
    CHECK(x.standard_error > 0);
    CHECK(std::isnan(x.low));
    CHECK(std::isnan(x.high));
}

TEST_CASE("XTrace is unbiased, and its true error is one to two times its standard error") {
    const Vec<double> values = network_like_values(40, 8);
    const DenseOperator<double> matrix(with_spectrum(values, 8));
    constexpr int kRuns = 2000;
    double sum = 0, squares = 0, errors = 0;
    for (int run = 0; run < kRuns; ++run) {
        const TraceEstimate estimate = xtrace(matrix, with_budget(24, std::uint64_t(run)));
        sum += estimate.value - values.sum();
        squares += std::pow(estimate.value - values.sum(), 2);
        errors += std::pow(estimate.standard_error, 2);
    }
    CHECK(std::abs(sum) <= 4 * std::sqrt(squares));
    const double ratio = std::sqrt(squares / errors);
    MESSAGE("true error over standard error " << ratio);
    CHECK(ratio > 1);
    CHECK(ratio < 2);
}

TEST_CASE("XNysTrace is unbiased, and its true error is 1.3 to 4 times its standard error") {
    const Vec<double> values = network_like_values(40, 8).cwiseAbs();
    const DenseOperator<double> matrix(with_spectrum(values, 8));
    constexpr int kRuns = 2000;
    double sum = 0, squares = 0, errors = 0;
    for (int run = 0; run < kRuns; ++run) {
        const TraceEstimate estimate = xnystrace(matrix, with_budget(12, std::uint64_t(run)));
        sum += estimate.value - values.sum();
        squares += std::pow(estimate.value - values.sum(), 2);
        errors += std::pow(estimate.standard_error, 2);
    }
    CHECK(std::abs(sum) <= 4 * std::sqrt(squares));
    const double ratio = std::sqrt(squares / errors);
    MESSAGE("true error over standard error " << ratio);
    CHECK(ratio > 1.3);
    CHECK(ratio < 4);
}

TEST_CASE("deflated pairs leave every estimator") {
    Vec<double> values = network_like_values(100, 9);
    const Mat<double> rotation = random_rotation(100, 9);
    const DenseOperator<double> matrix(with_spectrum(values, 9));
    for (const Estimator estimator : {Estimator(hutchpp), Estimator(xtrace)}) {
        TraceSettings<double> settings = with_budget(30);
        const TraceEstimate plain = estimator(matrix, settings);
        settings.deflation = {values.head(20), rotation.leftCols(20)};
        const TraceEstimate deflated = estimator(matrix, settings);
        CHECK(deflated.standard_error < 0.2 * plain.standard_error);
        CHECK(std::abs(deflated.value - values.sum()) <= 6 * deflated.standard_error);
    }
}

TEST_CASE("the zero matrix, budgets beyond the size, float, and broken products") {
    const DenseOperator<double> zero(Mat<double>::Zero(12, 12));
    const Vec<double> values = Vec<double>::LinSpaced(12, 0.5, 2);
    const DenseOperator<double> small(with_spectrum(values, 10));
    for (const Estimator estimator :
         {Estimator(hutchpp), Estimator(xtrace), Estimator(xnystrace)}) {
        CHECK(std::abs(estimator(zero, with_budget(12)).value) < 1e-13);
        CHECK(estimator(small, with_budget(60)).value ==
              doctest::Approx(values.sum()).epsilon(0.2));
        CHECK_THROWS_AS(estimator(small, with_budget(1)), std::invalid_argument);
        Mat<double> broken = with_spectrum(values, 10);
        broken(1, 1) = std::numeric_limits<double>::quiet_NaN();
        CHECK(estimator(DenseOperator<double>(broken), with_budget(12)).status ==
              TraceStatus::nonfinite);
    }
    Vec<double> decaying(200);
    for (Index i = 0; i < 200; ++i) decaying[i] = std::pow(0.5, static_cast<double>(i));
    const FunctionOperator<float> rough = reflected<float>(decaying, 10);
    TraceSettings<float> settings;
    settings.budget = 60;
    CHECK(hutchpp(rough, settings).value == doctest::Approx(decaying.sum()).epsilon(1e-4));
    CHECK(xtrace(rough, settings).value == doctest::Approx(decaying.sum()).epsilon(1e-4));
    CHECK(xnystrace(rough, settings).value == doctest::Approx(decaying.sum()).epsilon(1e-3));
}

TEST_CASE("threads do not change the bits of sketched estimates") {
    const FunctionOperator<double> matrix = reflected(network_like_values(9000, 11).cwiseAbs(), 11);
    for (const Estimator estimator :
         {Estimator(hutchpp), Estimator(xtrace), Estimator(xnystrace)}) {
        TraceSettings<double> settings = with_budget(18);
        const TraceEstimate one = estimator(matrix, settings);
        for (const int threads : {2, 3}) {
            settings.threads = threads;
            const TraceEstimate other = estimator(matrix, settings);
            CHECK(other.value == one.value);
            CHECK(other.standard_error == one.standard_error);
        }
    }
}
