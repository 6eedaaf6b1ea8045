// Spectral measures against known spectra: the Marchenko-Pastur law, exact quadrature, counts,
// deflation, groups of probes, threads.
#include "engine/curvature/density.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "engine/curvature/dense.h"
#include "engine/curvature/dense_spectrum.h"
#include "tests/engine/curvature/spectra.h"

using namespace dualtape;
using namespace dualtape::curvature;
using dualtape::tests::diagonal_operator;
using dualtape::tests::network_like_values;
using dualtape::tests::random_rotation;
using dualtape::tests::reflected;
using dualtape::tests::with_spectrum;

namespace {

// X'X / n of a normal n x p matrix.
Mat<double> wishart(Index p, Index n, std::uint64_t seed) {
    Mat<double> x(n, p);
    kernels::Stream(seed, "data").fill_normal(x.data(), x.size());
    return x.transpose() * x / static_cast<double>(n);
}

// Share of eigenvalues above x in the limit P / n = c: the integral of
// sqrt((b - t)(t - a)) / (2 pi c t) over [x, b], by t = (a+b)/2 + (b-a)/2 cos(phi).
double marchenko_pastur_above(double x, double c) {
    const double a = std::pow(1 - std::sqrt(c), 2), b = std::pow(1 + std::sqrt(c), 2);
    if (x >= b) return 0;
    const double half = (b - a) / 2, mid = (a + b) / 2;
    const double end = std::acos(std::clamp((x - mid) / half, -1.0, 1.0));
    constexpr int kSteps = 2000;
    double sum = 0;
    for (int i = 0; i < kSteps; ++i) {
        const double phi = end * (i + 0.5) / kSteps;
        const double s = half * std::sin(phi);
        sum += s * s / (2 * M_PI * c * (mid + half * std::cos(phi)));
    }
    return sum * end / kSteps;
}

bool same_bits(const SpectralMeasure& a, const SpectralMeasure& b) {
    if (a.probes.size() != b.probes.size()) return false;
    for (std::size_t i = 0; i < a.probes.size(); ++i) {
        if (a.probes[i].nodes != b.probes[i].nodes) return false;
        if (a.probes[i].weights != b.probes[i].weights) return false;
    }
    return true;
}

DensitySettings<double> probes_and_steps(Index probes, Index steps) {
    DensitySettings<double> settings;
    settings.probes = probes;
    settings.steps = steps;
    return settings;
}

bool is_within(const Estimate& estimate, double truth, double errors) {
    return std::abs(estimate.value - truth) <= errors * estimate.standard_error;
}

}  // namespace

TEST_CASE("the measure of a Wishart matrix follows the law of Marchenko and Pastur") {
    // Standard error of a share p over probes: sqrt(2 p (1 - p) / (P probes)) <= 0.006.
    constexpr Index kRows = 600;
    constexpr double c = 0.5;
    const DenseOperator<double> matrix(wishart(kRows, 1200, 1));
    const SpectralMeasure measure = spectral_measure(matrix, probes_and_steps(24, 100));
    CHECK(measure.products == 2400);
    double distance = 0;
    for (double x = -0.1; x < 3.2; x += 0.01) {
        const double share = count_above(measure, x).value / kRows;
        distance = std::max(distance, std::abs(share - marchenko_pastur_above(x, c)));
    }
    MESSAGE("distance to Marchenko-Pastur " << distance);
    CHECK(distance <= 0.02);
    // Finite P moves mean and second moment by O(1 / P), far below 4 errors of the estimate.
    const Estimate mean = trace(measure), second = squared_norm(measure);
    CHECK(std::abs(mean.value / kRows - 1) <= 4 * mean.standard_error / kRows + 2.0 / kRows);
    CHECK(std::abs(second.value / kRows - (1 + c)) <=
          4 * second.standard_error / kRows + 4.0 / kRows);
}

TEST_CASE("the zero mass of a Wishart matrix with fewer samples than rows") {
    const DenseOperator<double> matrix(wishart(600, 300, 2));
    const SpectralMeasure measure = spectral_measure(matrix, probes_and_steps(24, 100));
    const SpectralMasses masses = spectral_masses(measure, zero_scale(measure));
    CHECK(std::abs(masses.zero.value - 0.5) <= 0.01);
    CHECK(std::abs(masses.positive.value - 0.5) <= 0.01);
    CHECK(masses.negative.value <= 1e-12);
}

TEST_CASE("weights are positive and sum to one, nodes lie inside the spectrum") {
    const Vec<double> values = network_like_values(400, 3);
    const SpectralMeasure measure =
        spectral_measure(DenseOperator<double>(with_spectrum(values, 3)), probes_and_steps(4, 60));
    for (const ProbeQuadrature& probe : measure.probes) {
        CHECK(probe.nodes.size() == 60);
        CHECK(std::abs(probe.weights.sum() - 1) <= 1e-12);
        CHECK(probe.weights.minCoeff() >= 0);
        CHECK_FALSE(probe.is_exact);
    }
    CHECK(measure.largest() <= values.maxCoeff() + 1e-12);
    CHECK(measure.smallest() >= values.minCoeff() - 1e-12);
    CHECK(measure.largest() == doctest::Approx(values.maxCoeff()).epsilon(1e-9));
}

TEST_CASE("m nodes integrate polynomials up to degree 2m - 1 exactly, not beyond") {
    constexpr Index kRows = 50, kSteps = 4;
    const Mat<double> a = with_spectrum(Vec<double>::LinSpaced(kRows, -1, 1.2), 4);
    const SpectralMeasure measure =
        spectral_measure(DenseOperator<double>(a), probes_and_steps(1, kSteps));
    Mat<double> v(kRows, 1);
    fill_probes<double>(Probe::sphere, 0, "density", 0, v);
    v /= v.norm();
    Vec<double> power = v;
    for (int degree = 0; degree <= 2 * kSteps; ++degree) {
        const double moment = v.col(0).dot(power);
        const double quadrature =
            measure.probes[0].weights.dot(measure.probes[0].nodes.array().pow(degree).matrix());
        if (degree < 2 * kSteps) {
            CHECK(std::abs(quadrature - moment) < 1e-13);
        } else {
            CHECK(std::abs(quadrature - moment) > 1e-3);
        }
        power = a * power;
    }
}

TEST_CASE("an exhausted Krylov space ends a probe, which is then exact for every function") {
    // Rank 6 of 80, values distinct: 7 nodes, zero among them. Small couplings on the way may raise
    // rounding above the threshold: then one more node near zero.
    Vec<double> values = Vec<double>::Zero(80);
    values.head(6) << 5, 3, 1, 0.25, -2, -4;
    const Mat<double> a = with_spectrum(values, 5);
    const SpectralMeasure measure =
        spectral_measure(DenseOperator<double>(a), probes_and_steps(3, 50));
    CHECK(measure.products <= 24);
    const DenseSpectrum spectrum = dense_spectrum(a);
    for (Index i = 0; i < 3; ++i) {
        const ProbeQuadrature& probe = measure.probes[static_cast<std::size_t>(i)];
        CHECK(probe.is_exact);
        const Index count = probe.nodes.size();
        CHECK((count == 7 || count == 8));
        CHECK(probe.nodes[count - 1] == doctest::Approx(5).epsilon(1e-12));
        CHECK(probe.nodes[count - 4] == doctest::Approx(0.25).epsilon(1e-10));
        CHECK(std::abs(probe.nodes[2]) < 1e-10);
        Mat<double> v(80, 1);
        fill_probes<double>(Probe::sphere, 0, "density", i, v);
        v /= v.norm();
        const Vec<double> parts = (spectrum.vectors.transpose() * v).array().square();
        CHECK(probe.weights.dot(probe.nodes.array().exp().matrix()) ==
              doctest::Approx(parts.dot(spectrum.values.array().exp().matrix())).epsilon(1e-11));
    }
}

TEST_CASE("counts of a diagonal operator: exact with signs, within errors on the sphere") {
    Vec<double> values(1000);
    values << Vec<double>::Constant(100, -1), Vec<double>::Zero(300), Vec<double>::Constant(600, 2);
    const FunctionOperator<double> matrix = diagonal_operator(values);
    DensitySettings<double> settings = probes_and_steps(16, 30);
    settings.kind = Probe::rademacher;
    const SpectralMeasure exact = spectral_measure(matrix, settings);
    const std::pair<double, double> counts[] = {{-1.5, 1000}, {-0.5, 900}, {1, 600}, {2.5, 0}};
    for (const auto& row : counts) {
        const auto& x = std::get<0>(row);
        const auto& count = std::get<1>(row);
        CHECK(count_above(exact, x).value == doctest::Approx(count).epsilon(1e-12));
        CHECK(count_above(exact, x).standard_error < 1e-9);
    }
    const SpectralMasses masses = spectral_masses(exact, 0.1);
    CHECK(masses.zero.value == doctest::Approx(0.3).epsilon(1e-12));
    CHECK(masses.negative.value == doctest::Approx(0.1).epsilon(1e-12));
    CHECK(masses.positive.value == doctest::Approx(0.6).epsilon(1e-12));

    // A share p on the sphere is Beta distributed: sd sqrt(2 p (1 - p) / (P + 2)) of a probe. The
    // error over 16 probes has a relative deviation of 18 %.
    settings.kind = Probe::sphere;
    const Estimate count = count_above(spectral_measure(matrix, settings), 1);
    CHECK(is_within(count, 600, 4));
    const double predicted = 1000 * std::sqrt(2 * 0.6 * 0.4 / 1002 / 16);
    CHECK(count.standard_error == doctest::Approx(predicted).epsilon(0.6));
}

TEST_CASE("trace and squared norm of the measure are those of its probes, and unbiased") {
    const Vec<double> values = network_like_values(300, 6);
    const FunctionOperator<double> matrix = reflected(values, 6);
    int misses = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        DensitySettings<double> settings = probes_and_steps(12, 3);
        settings.seed = seed;
        const SpectralMeasure measure = spectral_measure(matrix, settings);
        misses += is_within(trace(measure), values.sum(), 4) ? 0 : 1;
        misses += is_within(squared_norm(measure), values.squaredNorm(), 4) ? 0 : 1;
        if (seed > 0) continue;
        Mat<double> v(300, 12);
        fill_probes<double>(Probe::sphere, seed, "density", 0, v);  // radius sqrt(P)
        CHECK(trace(measure).value == doctest::Approx(matrix.quadratic(v).mean()).epsilon(1e-12));
    }
    // Twelve samples: Student's t puts 0.2 % beyond 4 errors, a little more for skewed ones.
    CHECK(misses <= 2);
}

TEST_CASE("95 % intervals of a count and of a trace cover in 95 +- 2 % of runs") {
    // Three values: three steps are exact. 3000 runs have a standard error of 0.4 %.
    Vec<double> values(60);
    values << Vec<double>::Constant(24, -1), Vec<double>::Zero(12), Vec<double>::Constant(24, 2);
    const FunctionOperator<double> matrix = diagonal_operator(values);
    constexpr int kRuns = 3000;
    DensitySettings<double> settings = probes_and_steps(6, 3);
    const double quantile = student_quantile(settings.probes - 1);
    int counts = 0, traces = 0, norms = 0;
    for (int run = 0; run < kRuns; ++run) {
        settings.seed = static_cast<std::uint64_t>(run);
        const SpectralMeasure measure = spectral_measure(matrix, settings);
        counts += is_within(count_above(measure, 1), 24, quantile) ? 1 : 0;
        traces += is_within(trace(measure), 24, quantile) ? 1 : 0;
        norms += is_within(squared_norm(measure), 120, quantile) ? 1 : 0;
    }
    MESSAGE("coverage of counts " << counts / double(kRuns) << ", traces " << traces / double(kRuns)
                                  << ", squared norms " << norms / double(kRuns));
    CHECK(std::abs(counts / double(kRuns) - 0.95) <= 0.02);
    CHECK(std::abs(traces / double(kRuns) - 0.95) <= 0.02);
    CHECK(std::abs(norms / double(kRuns) - 0.95) <= 0.02);
}

TEST_CASE("intervals of small counts cover less, as the header says") {
    constexpr int kRuns = 2000;  // a standard error of 0.8 %
    const std::pair<Index, double> stated[] = {{1, 0.85}, {3, 0.91}, {10, 0.94}};
    for (const auto& test : stated) {
        const Index count = test.first;
        Vec<double> values = Vec<double>::Zero(200);
        values.head(count).setOnes();
        const FunctionOperator<double> matrix = diagonal_operator(values);
        DensitySettings<double> settings = probes_and_steps(8, 2);
        const double quantile = student_quantile(7), truth = static_cast<double>(count);
        int covered = 0;
        for (int run = 0; run < kRuns; ++run) {
            settings.seed = static_cast<std::uint64_t>(run);
            const SpectralMeasure measure = spectral_measure(matrix, settings);
            covered += is_within(count_above(measure, 0.5), truth, quantile) ? 1 : 0;
        }
        INFO(count, " eigenvalues above: ", covered / double(kRuns));
        CHECK(std::abs(covered / double(kRuns) - test.second) <= 0.025);
    }
}

TEST_CASE("deflated pairs leave the quadrature exactly and are counted exactly") {
    Vec<double> values = network_like_values(200, 7);
    std::sort(values.begin(), values.end());
    const Mat<double> rotation = random_rotation(200, 7);
    const DenseOperator<double> matrix(with_spectrum(values, 7));
    DensitySettings<double> settings = probes_and_steps(6, 40);
    const SpectralMeasure plain = spectral_measure(matrix, settings);
    settings.deflation = {values.tail(5), rotation.rightCols(5)};
    const SpectralMeasure measure = spectral_measure(matrix, settings);
    CHECK(measure.dimension == 195);
    CHECK(measure.size() == 200);
    for (const ProbeQuadrature& probe : measure.probes) {
        CHECK(probe.nodes.maxCoeff() == doctest::Approx(values[194]).epsilon(1e-10));
    }
    const Estimate count = count_above(measure, 0.5 * (values[194] + values[195]));
    CHECK(count.value == 5);
    CHECK(count.standard_error == 0);
    CHECK(measure.largest() == values[199]);
    CHECK(is_within(trace(measure), values.sum(), 4));
    CHECK(is_within(squared_norm(measure), values.squaredNorm(), 4));
    CHECK(trace(measure).standard_error < 0.7 * trace(plain).standard_error);

    // The same with pairs from a solve, whose vectors are eigenvectors to 1e-8.
    LanczosSettings<double> solve;
    solve.largest = 5;
    solve.smallest = 0;
    settings.deflation = converged_pairs(lanczos(matrix, solve));
    CHECK(trace(spectral_measure(matrix, settings)).value ==
          doctest::Approx(trace(measure).value).epsilon(1e-6));
}

TEST_CASE("groups of probes that fit a memory limit give the same bits") {
    const FunctionOperator<double> matrix = reflected(network_like_values(500, 8), 8);
    DensitySettings<double> settings = probes_and_steps(7, 20);
    settings.deflation = {Vec<double>::Ones(1), random_rotation(500, 1).leftCols(1)};
    const SpectralMeasure all = spectral_measure(matrix, settings);
    settings.memory_limit = 3 * 500 * 24 * sizeof(double);
    Index widest = 0;
    const FunctionOperator<double> watched(500, [&](In<Mat<double>> v, Out<Mat<double>> av) {
        widest = std::max(widest, v.cols());
        matrix.apply(v, av);
    });
    CHECK(same_bits(spectral_measure(watched, settings), all));
    CHECK(widest == 3);
}

TEST_CASE("1, 2 and 3 threads give the same bits") {
    // More rows than one slice of the basis holds.
    const FunctionOperator<double> matrix = reflected(network_like_values(9000, 9), 9);
    DensitySettings<double> settings = probes_and_steps(3, 12);
    const SpectralMeasure one = spectral_measure(matrix, settings);
    for (const int threads : {2, 3}) {
        settings.threads = threads;
        CHECK(same_bits(spectral_measure(matrix, settings), one));
        settings.memory_limit = 9000 * 16 * sizeof(double);  // probes one by one: threads inside
        CHECK(same_bits(spectral_measure(matrix, settings), one));
    }
}

TEST_CASE("a cancelled run and numbers that are not finite leave what was done") {
    const FunctionOperator<double> matrix = reflected(network_like_values(300, 10), 10);
    DensitySettings<double> settings = probes_and_steps(4, 30);
    settings.progress = [](const DensityProgress& state) {
        CHECK(state.planned == 120);
        return state.products < 40;
    };
    const SpectralMeasure cancelled = spectral_measure(matrix, settings);
    CHECK(cancelled.status == DensityStatus::cancelled);
    REQUIRE(cancelled.probes.size() == 4);
    CHECK(cancelled.products == 40);
    CHECK(cancelled.probes[0].nodes.size() == 10);
    CHECK(std::abs(cancelled.probes[0].weights.sum() - 1) <= 1e-12);

    int products = 0;
    const FunctionOperator<double> breaks(300, [&](In<Mat<double>> v, Out<Mat<double>> av) {
        matrix.apply(v, av);
        if (++products == 6) av(7, 2) = std::numeric_limits<double>::quiet_NaN();
    });
    settings.progress = nullptr;
    const SpectralMeasure broken = spectral_measure(breaks, settings);
    CHECK(broken.status == DensityStatus::nonfinite);
    CHECK(broken.probes[2].nodes.size() == 5);
    CHECK(broken.probes[0].nodes.allFinite());

    // Eigenvalues +-1e200, whose squares overflow, are measured; products that overflow are not.
    const auto reversing = [](double value) {
        return FunctionOperator<double>(300, [value](In<Mat<double>> v, Out<Mat<double>> av) {
            av = value * v.colwise().reverse();
        });
    };
    const SpectralMeasure huge = spectral_measure(reversing(1e200), settings);
    CHECK(huge.status == DensityStatus::done);
    REQUIRE(huge.probes.size() == 4);
    CHECK(huge.probes[0].nodes.cwiseAbs().maxCoeff() == doctest::Approx(1e200));
    const double infinite = std::numeric_limits<double>::infinity();
    const SpectralMeasure overflow = spectral_measure(reversing(infinite), settings);
    CHECK(overflow.status == DensityStatus::nonfinite);
    CHECK(overflow.probes.empty());
}

TEST_CASE("the zero matrix, the identity, a number and tiny scales") {
    const DensitySettings<double> settings = probes_and_steps(2, 128);
    const auto measure = [&](const Mat<double>& a) {
        return spectral_measure(DenseOperator<double>(a), settings);
    };
    const SpectralMeasure zero = measure(Mat<double>::Zero(40, 40));
    CHECK(zero.products == 2);
    CHECK(zero_scale(zero) == 1);
    CHECK(spectral_masses(zero, zero_scale(zero)).zero.value == 1);
    const SpectralMeasure identity = measure(Mat<double>::Identity(40, 40));
    CHECK(identity.products == 2);
    CHECK(count_above(identity, 0.5).value == doctest::Approx(40));
    const SpectralMeasure number = measure(Mat<double>::Constant(1, 1, -2));
    CHECK(number.steps == 1);
    CHECK(number.probes[0].is_exact);
    CHECK(number.probes[0].nodes[0] == -2);
    // Scaling the matrix by a power of two scales the nodes exactly.
    const Mat<double> a = with_spectrum(network_like_values(60, 11), 11);
    const double tiny = std::ldexp(1.0, -120);
    const SpectralMeasure small = measure(tiny * a), large = measure(a);
    CHECK((small.probes[1].nodes / tiny - large.probes[1].nodes).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("a spectrum that is known whole has counts, sums and masses without error") {
    const Vec<double> values = network_like_values(90, 7);
    const SpectralMeasure measure = exact_measure(values.reverse());
    CHECK(measure.size() == 90);
    CHECK(measure.largest() == values.maxCoeff());
    CHECK(measure.probes[0].weights.sum() == doctest::Approx(1).epsilon(1e-14));
    for (const double x : {-1e-3, 0.0, 1e-4, 0.3}) {
        const Estimate count = count_above(measure, x);
        CHECK(count.value == static_cast<double>((values.array() > x).count()));
        CHECK(count.standard_error == 0);
    }
    CHECK(trace(measure).value == doctest::Approx(values.sum()).epsilon(1e-13));
    CHECK(squared_norm(measure).standard_error == 0);
    const SpectralMasses masses = spectral_masses(measure, 1e-6);
    CHECK(masses.zero.value + masses.negative.value + masses.positive.value ==
          doctest::Approx(1).epsilon(1e-14));
    CHECK_THROWS_AS(exact_measure(Vec<double>()), std::invalid_argument);
}

TEST_CASE("impossible requests are refused with the remedy") {
    const DenseOperator<double> matrix(Mat<double>::Identity(1000, 1000));
    CHECK_THROWS_WITH_AS(spectral_measure(matrix, probes_and_steps(0, 3)),
                         "spectral density: 0 probes of 3 steps; use 1 or more of each",
                         std::invalid_argument);
    DensitySettings<double> settings = probes_and_steps(2, 300);
    settings.memory_limit = std::size_t{1} << 20;
    CHECK_THROWS_WITH_AS(spectral_measure(matrix, settings),
                         "spectral density: a probe of 300 steps takes 2 MiB, more than the limit "
                         "of 1 MiB; use fewer steps or a higher limit",
                         std::invalid_argument);
    settings = probes_and_steps(2, 10);
    settings.kind = Probe::gaussian;
    CHECK_THROWS_AS(spectral_measure(matrix, settings), std::invalid_argument);
}

TEST_CASE("float sees the same spectrum") {
    const Vec<double> values = network_like_values(300, 12);
    const FunctionOperator<float> matrix = reflected<float>(values, 12);
    DensitySettings<float> settings;
    settings.probes = 16;
    settings.steps = 40;
    const SpectralMeasure measure = spectral_measure(matrix, settings);
    CHECK(is_within(trace(measure), values.sum(), 4));
    CHECK(measure.largest() == doctest::Approx(values.maxCoeff()).epsilon(1e-5));
    for (const ProbeQuadrature& probe : measure.probes) {
        CHECK(std::abs(probe.weights.sum() - 1) <= 1e-12);
    }
}
