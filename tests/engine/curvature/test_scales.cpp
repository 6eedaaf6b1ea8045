// Tiny and huge matrices: what holds for A holds, to the last digit, for A times a power of two.
#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "engine/curvature/bounds.h"
#include "engine/curvature/dense.h"
#include "engine/curvature/dense_spectrum.h"
#include "engine/curvature/density.h"
#include "engine/curvature/diagonal.h"
#include "engine/curvature/krylov.h"
#include "engine/curvature/lanczos.h"
#include "engine/curvature/length.h"
#include "engine/curvature/normalised_operator.h"
#include "engine/curvature/operator_check.h"
#include "engine/curvature/overlap.h"
#include "engine/curvature/sharpness_measures.h"
#include "engine/curvature/sketched_trace.h"
#include "engine/curvature/smoothing.h"
#include "engine/curvature/subsets.h"
#include "engine/curvature/trace.h"
#include "engine/curvature/worst_case_sharpness.h"
#include "tests/engine/curvature/spectra.h"

using namespace dualtape;
using namespace dualtape::curvature;
using dualtape::tests::diagonal_operator;
using dualtape::tests::network_like_values;
using dualtape::tests::with_spectrum;

namespace {

// A diagonal matrix in any scalar, whose products are exact under powers of two.
template <class Scalar>
FunctionOperator<Scalar> diagonal(const Vec<double>& values) {
    return {values.size(), [values](In<Mat<Scalar>> v, Out<Mat<Scalar>> av) {
                av = values.cast<Scalar>().asDiagonal() * v;
            }};
}

// Everything that scales with the matrix, and everything that does not.
struct Numbers {
    std::vector<double> sized, pure;
    void add(double value) { sized.push_back(value); }
    void add(const Vec<double>& values) { sized.insert(sized.end(), values.begin(), values.end()); }
    void add_pure(const Vec<double>& values) {
        pure.insert(pure.end(), values.begin(), values.end());
    }
    void add(const TraceEstimate& trace) {
        for (const double x : {trace.value, trace.standard_error, trace.low, trace.high}) add(x);
    }
};

template <class Scalar>
void add_pairs(const Operator<Scalar>& matrix, Numbers& numbers) {
    LanczosSettings<Scalar> settings;
    settings.largest = 4;
    settings.smallest = 2;
    const Eigenpairs<Scalar> found = lanczos(matrix, settings);
    CHECK(found.status == LanczosStatus::converged);
    numbers.add(found.norm);
    for (const auto* end : {&found.largest, &found.smallest}) {
        for (const EigenPair& pair : *end) {
            for (const double x : {pair.value, pair.residual, pair.estimate, pair.bound}) {
                numbers.add(x);
            }
            numbers.pure.push_back(pair.angle);
            numbers.pure.push_back(static_cast<double>(pair.multiplicity));
            CHECK(pair.is_converged);
        }
    }
    numbers.add_pure(found.largest_vectors.col(0).template cast<double>());
    numbers.pure.push_back(static_cast<double>(found.products));
}

// unit: that of the matrix, for thresholds and densities.
template <class Scalar>
void add_density(const Operator<Scalar>& matrix, double unit, Numbers& numbers) {
    DensitySettings<Scalar> settings;
    settings.probes = 3;
    settings.steps = 12;
    const SpectralMeasure measure = spectral_measure(matrix, settings);
    for (const ProbeQuadrature& probe : measure.probes) {
        numbers.add(probe.nodes);
        numbers.add_pure(probe.weights);
    }
    for (const double x : {-1.0, 0.0, 0.01, 0.5, 3.0, 60.0}) {
        const CountEstimate count = count_above(measure, unit * x);
        for (const double y : {count.value, count.standard_error, count.resolution}) {
            numbers.pure.push_back(y);
        }
    }
    numbers.add(trace(measure).value);
    numbers.add(trace(measure).standard_error);
    numbers.add(frobenius_norm(measure).value);
    numbers.add(frobenius_norm(measure).standard_error);
    numbers.add(zero_scale(measure));
    const SpectralMasses masses = spectral_masses(measure, zero_scale(measure));
    numbers.pure.push_back(masses.zero.error());
    numbers.pure.push_back(masses.negative.value);
    const LinearDensity linear = linear_density(measure);
    numbers.add(linear.x);
    numbers.add(linear.width);
    numbers.add_pure(unit * linear.density);
    numbers.pure.push_back(linear.mass);
    CHECK(linear.is_complete);
    const SignedLogDensity log = signed_log_density(measure);
    numbers.add(log.x);
    numbers.add_pure(log.positive);
    numbers.add_pure(log.negative);
    numbers.pure.push_back(log.mass);
}

template <class Scalar>
void add_estimates(const Operator<Scalar>& matrix, const Operator<Scalar>& semidefinite,
                   Numbers& numbers) {
    TraceSettings<Scalar> settings;
    settings.kind = Probe::gaussian;  // signs would be exact for a diagonal
    settings.budget = 24;
    numbers.add(hutchinson(matrix, settings));
    numbers.add(trace_and_norm(matrix, settings).trace);
    numbers.add(trace_and_norm(matrix, settings).norm);
    numbers.add(hutchpp(matrix, settings));
    const TraceEstimate x = xtrace(matrix, settings), nystroem = xnystrace(semidefinite, settings);
    for (const TraceEstimate& trace : {x, nystroem}) {  // without an interval
        numbers.add(trace.value);
        numbers.add(trace.standard_error);
    }
    ToleranceSettings<Scalar> tolerance;
    tolerance.relative_tolerance = 0.2;
    tolerance.trace = settings;
    const TraceEstimate found = trace_to_tolerance(matrix, tolerance);
    numbers.add(found);
    numbers.pure.push_back(static_cast<double>(found.probes));
    DiagonalSettings diagonal;
    diagonal.budget = 12;
    for (const DiagonalEstimate& of :
         {rademacher_diagonal(matrix, diagonal), xdiag(matrix, diagonal)}) {
        numbers.add(of.values);
        numbers.add(of.standard_errors);
    }
    const Vec<Scalar> direction = Vec<Scalar>::LinSpaced(matrix.rows(), Scalar(-1), Scalar(2));
    numbers.add(gradient_curvature<Scalar>(matrix, direction));
    numbers.add(fisher_rao<Scalar>(matrix, direction));
    const OperatorCheck check = check_operator(matrix, 1);
    CHECK(check.status == OperatorStatus::passed);
    numbers.pure.push_back(check.asymmetry);
    numbers.pure.push_back(check.noise);
    const DenseMatrix dense = dense_matrix(matrix);
    numbers.add(Vec<double>(dense.matrix.reshaped()));
    numbers.pure.push_back(dense.asymmetry);
    const Vec<double> values = dense_eigenvalues(dense.matrix);
    numbers.add(values);
    const SpectrumSummary summary = summarise(values);
    numbers.add(summary.trace);
    numbers.add(summary.frobenius);
    numbers.pure.push_back(summary.effective_rank);
    numbers.pure.push_back(static_cast<double>(summary.zero));
}

// Of make(power) = 2^power A.
template <class Scalar, class Make>
Numbers all_numbers(const Make& make, int power) {
    Numbers numbers;
    const auto matrix = make(power, false);
    add_pairs<Scalar>(matrix, numbers);
    add_density<Scalar>(matrix, std::ldexp(1.0, power), numbers);
    add_estimates<Scalar>(matrix, make(power, true), numbers);
    return numbers;
}

bool is_same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// How many numbers differ from those of A, times 2^power where they have the unit of A.
Index differences(const Numbers& ordinary, const Numbers& other, int power) {
    REQUIRE(ordinary.sized.size() == other.sized.size());
    REQUIRE(ordinary.pure.size() == other.pure.size());
    Index count = 0;
    for (std::size_t i = 0; i < ordinary.sized.size(); ++i) {
        count += is_same(std::ldexp(ordinary.sized[i], power), other.sized[i]) ? 0 : 1;
    }
    for (std::size_t i = 0; i < ordinary.pure.size(); ++i) {
        count += is_same(ordinary.pure[i], other.pure[i]) ? 0 : 1;
    }
    return count;
}

}  // namespace

TEST_CASE("from 1e-298 to 1e298 in double every result is the scaled one, to the last digit") {
    const Vec<double> values = network_like_values(60, 3);
    const Mat<double> a = with_spectrum(values, 3), square = a * a;
    const auto make = [&](int power, bool is_semidefinite) {
        // A number after the other: 2^-990 times a matrix product would lose its small terms.
        Mat<double> scaled = is_semidefinite ? Mat<double>(0.5 * (square + square.transpose())) : a;
        for (double& entry : scaled.reshaped()) entry = std::ldexp(entry, power);
        return DenseOperator<double>(scaled);
    };
    const Numbers ordinary = all_numbers<double>(make, 0);
    CHECK(ordinary.sized.size() > 4000);
    for (const int power : {-990, -701, -300, -77, 5, 300, 611, 980}) {
        INFO("times 2^", power);
        CHECK(differences(ordinary, all_numbers<double>(make, power), power) == 0);
    }
}

TEST_CASE("from 1e-33 to 1e36 in float every result is the scaled one, to the last digit") {
    Vec<double> values(40);
    for (Index i = 0; i < 40; ++i) values[i] = (i % 5 == 4 ? -1.0 : 3.0) * std::pow(0.8, i);
    const auto make = [&](int power, bool is_semidefinite) {
        const Vec<double> of = is_semidefinite ? Vec<double>(values.cwiseAbs()) : values;
        return diagonal<float>(std::ldexp(1.0, power) * of);
    };
    const Numbers ordinary = all_numbers<float>(make, 0);
    for (const int power : {-108, -61, -20, 20, 61, 110, 120}) {
        INFO("times 2^", power);
        CHECK(differences(ordinary, all_numbers<float>(make, power), power) == 0);
    }
}

TEST_CASE("float finds eigenvalues and traces at both ends of its range, 1e-38 and 1e38") {
    Vec<double> values(80);
    for (Index i = 0; i < 80; ++i) values[i] = std::pow(0.9, i);
    const Mat<double> a = with_spectrum(values, 4);
    for (const double size : {1e-38, 1e38}) {
        INFO("size ", size);
        const DenseOperator<float> matrix((size * a).cast<float>());
        LanczosSettings<float> settings;
        settings.largest = 3;
        settings.smallest = 0;
        const Eigenpairs<float> found = lanczos(matrix, settings);
        CHECK(found.status == LanczosStatus::converged);
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(found.largest[i].value / size ==
                  doctest::Approx(values[static_cast<Index>(i)]).epsilon(1e-4));
        }
        TraceSettings<float> trace;
        const TraceEstimate estimate = hutchinson(matrix, trace);
        CHECK(std::abs(estimate.value / size - values.sum()) <
              5 * estimate.standard_error / size + 1e-4);
        CHECK(estimate.standard_error > 0);
        CHECK(check_operator(matrix, 1).status == OperatorStatus::passed);
    }
}

TEST_CASE("a single entry, a zero matrix, and entries of every size have their eigenvalues") {
    for (const double size : {1e-300, 1e-160, 1e-40, 1e160, 1e300}) {
        INFO("size ", size);
        Vec<double> single = Vec<double>::Zero(50);
        single[17] = size;
        LanczosSettings<double> settings;
        settings.largest = 3;
        settings.smallest = 1;
        const Eigenpairs<double> one = lanczos(diagonal_operator(single), settings);
        CHECK(one.status == LanczosStatus::converged);
        CHECK(one.largest[0].value == doctest::Approx(size).epsilon(1e-12));
        CHECK(one.largest[0].residual <= 1e-8 * size);
        CHECK(std::abs(one.largest[1].value) <= one.largest[1].bound);
        CHECK(one.largest[1].bound <= 1e-12 * size);
        // From one size to 1e-60 of it.
        Vec<double> mixed(50);
        for (Index i = 0; i < 50; ++i)
            mixed[i] = size * std::pow(10.0, -1.2 * static_cast<double>(i));
        const Eigenpairs<double> all = lanczos(diagonal_operator(mixed), settings);
        CHECK(all.status == LanczosStatus::converged);
        for (std::size_t i = 0; i < 3; ++i) {
            const double truth = mixed[static_cast<Index>(i)];
            CHECK(std::abs(all.largest[i].value - truth) <= all.largest[i].bound);
            CHECK(all.largest[i].value == doctest::Approx(truth).epsilon(1e-8));
        }
    }
    const DenseOperator<double> zero(Mat<double>::Zero(30, 30));
    DensitySettings<double> density;
    density.probes = 2;
    CHECK(count_above(spectral_measure(zero, density), 1e-300).value == 0);
    CHECK(hutchinson(zero, TraceSettings<double>()).value == 0);
    CHECK(lanczos(zero, LanczosSettings<double>()).status == LanczosStatus::converged);
}

TEST_CASE("a Krylov space of a tiny matrix is as large as that of the matrix itself") {
    const Vec<double> values = network_like_values(40, 6);
    for (const int power : {-990, 0, 980}) {
        INFO("times 2^", power);
        const FunctionOperator<double> matrix = diagonal_operator(std::ldexp(1.0, power) * values);
        KrylovSettings settings;
        settings.limit = 20;
        Krylov<double> krylov(matrix, settings);
        krylov.begin(Mat<double>(40, 0), Mat<double>());
        while (!krylov.is_full()) REQUIRE(krylov.expand());
        krylov.project();
        CHECK(std::ldexp(krylov.values()[19], -power) ==
              doctest::Approx(values.maxCoeff()).epsilon(1e-6));
        CHECK(std::ldexp(krylov.norm(), -power) <= 60);
        const Mat<double> y = krylov.vectors({19});
        CHECK(y.norm() == doctest::Approx(1).epsilon(1e-12));
    }
}

TEST_CASE(
    "a pair is converged where its residual from a product is within the tolerance, else not") {
    int converged = 0, open = 0, stagnated = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        kernels::Stream stream(seed, "data", 2);
        const Index n = 30 + static_cast<Index>(stream.below(60));
        Vec<double> values(n);
        for (Index i = 0; i < n; ++i) values[i] = stream.normal<double>();
        if (seed % 3 == 1) values = values.array().pow(9);
        if (seed % 3 == 2) values.tail(n / 2).setZero();
        values *= std::ldexp(1.0, static_cast<int>(stream.below(1900)) - 950);
        const Mat<double> a = with_spectrum(values, seed);
        // Products that are exact, or have 9 or 7 digits, with tolerances on both sides.
        const double noise = seed % 4 == 0 ? 1e-9 : seed % 4 == 1 ? 1e-7 : 0.0;
        const FunctionOperator<double> matrix(n, [&](In<Mat<double>> v, Out<Mat<double>> av) {
            av = a * v;
            for (Index c = 0; c < v.cols() && noise > 0; ++c) {
                const double unit = noise * largest_entry(a) * largest_entry(v.col(c));
                av.col(c) = (av.col(c) / unit).array().round() * unit;
            }
        });
        LanczosSettings<double> settings;
        settings.largest = 1 + static_cast<Index>(stream.below(5));
        settings.smallest = static_cast<Index>(stream.below(3));
        settings.tolerance = std::pow(10.0, -3 - 9 * stream.uniform<double>());
        settings.floor = seed % 5 == 0 ? 1e-3 : seed % 5 == 1 ? 1e-12 : 0.01;
        settings.max_products = seed % 7 == 0 ? 30 : 2000;
        settings.seed = seed;
        const Eigenpairs<double> found = lanczos(matrix, settings);
        INFO("seed ", seed, ", status ", text(found.status));
        bool are_all = true;
        const auto look = [&](const std::vector<EigenPair>& pairs, const Mat<double>& vectors) {
            for (std::size_t i = 0; i < pairs.size(); ++i) {
                const Mat<double> y = vectors.col(static_cast<Index>(i));
                Mat<double> ay(n, 1);
                matrix.apply(y, ay);
                const double residual = length(Vec<double>(ay - pairs[i].value * y));
                const double allowed = settings.tolerance * std::max(std::abs(pairs[i].value),
                                                                     settings.floor * found.norm);
                CHECK(std::abs(pairs[i].residual - residual) <=
                      (1e-3 + noise) * residual + 1e-14 * found.norm);
                CHECK(pairs[i].is_converged == (pairs[i].residual <= allowed));
                (pairs[i].is_converged ? converged : open) += 1;
                are_all = are_all && pairs[i].is_converged;
            }
        };
        look(found.largest, found.largest_vectors);
        look(found.smallest, found.smallest_vectors);
        if (found.status == LanczosStatus::converged) CHECK(are_all);
        stagnated += found.status == LanczosStatus::stagnated ? 1 : 0;
    }
    MESSAGE(converged << " pairs converged, " << open << " not; " << stagnated << " stagnated");
    CHECK(converged > 200);
    CHECK(open > 50);
    CHECK(stagnated > 10);
}

TEST_CASE("bounds, means and their errors scale from one end of the numbers to the other") {
    for (const int power : {-950, -600, 0, 600, 990}) {
        INFO("times 2^", power);
        const double unit = std::ldexp(1.0, power);
        const std::vector<RitzPair> found = {{3 * unit, 1e-9 * unit, 1e-9 * unit},
                                             {2 * unit, 1e-6 * unit, 1e-6 * unit}};
        const auto pairs = bound_pairs(found, found, 1e-8, 1e-14 * unit);
        const auto ordinary = bound_pairs({{3, 1e-9, 1e-9}, {2, 1e-6, 1e-6}},
                                          {{3, 1e-9, 1e-9}, {2, 1e-6, 1e-6}}, 1e-8, 1e-14);
        for (std::size_t i = 0; i < 2; ++i) {
            CHECK(pairs[i].bound / unit == doctest::Approx(ordinary[i].bound).epsilon(1e-9));
            CHECK(pairs[i].angle == doctest::Approx(ordinary[i].angle).epsilon(1e-9));
        }
        CHECK(pairs[1].bound < 1e-11 * unit);  // the residual squared over the gap
        Vec<double> samples(4);
        samples << 1, 2, 4, 9;
        const Estimate mean = mean_estimate(unit * samples);
        CHECK(mean.value == 4 * unit);
        CHECK(mean.standard_error == unit * mean_estimate(samples).standard_error);
        const SubsetSpread spread = measure_subsets({{0}, {1}, {2}}, [&](const Subset& subset) {
            return unit * static_cast<double>(1 + subset[0] * subset[0]);
        });
        CHECK(spread.sd / unit == doctest::Approx(std::sqrt(13.0 / 3)));
        CHECK(length(Vec<double>(unit * samples)) == unit * samples.norm());
        CHECK(norm<double>(unit * samples) == unit * samples.norm());
    }
    CHECK(length(Vec<double>(0)) == 0);
    CHECK(length(Vec<double>::Constant(3, 5e-324).eval()) > 0);
    CHECK(std::isnan(length(Vec<double>::Constant(2, std::nan("")).eval())));
    CHECK(std::isinf(length(Vec<double>::Constant(2, HUGE_VAL).eval())));
}

TEST_CASE("shares, SAM and ascent know directions of any length") {
    const Mat<double> basis = Mat<double>::Identity(6, 2);
    Vec<double> v(6), theta(6);
    v << 3, 0, 4, 0, 0, 0;
    theta << 1, 1, 1, 2, 2, 2;
    const Loss<double> loss = [](In<Vec<double>> x) { return 0.5 * x.squaredNorm(); };
    for (const int power : {-1000, -600, 0, 600, 1000}) {
        INFO("times 2^", power);
        const double unit = std::ldexp(1.0, power);
        const Vec<double> direction = unit * v;
        CHECK(share_inside<double>(basis, direction) == doctest::Approx(9.0 / 25));
        CHECK(sam_sharpness<double>(loss, theta, direction, 0.1) ==
              sam_sharpness<double>(loss, theta, v, 0.1));
        CHECK(asam_sharpness<double>(loss, theta, direction, 0.1) ==
              asam_sharpness<double>(loss, theta, v, 0.1));
        // A slope of any size is climbed to the same point.
        const LossGradient<double> slope = [&](In<Vec<double>> x, Out<Vec<double>> g) {
            g = direction;
            return direction.dot(x - theta);
        };
        CHECK(epsilon_sharpness<double>(slope, theta, 0.1, {1, 40, 0}) / unit ==
              doctest::Approx(0.5).epsilon(1e-6));
    }
}

TEST_CASE("an asymmetric matrix is found at any size") {
    Mat<double> a = with_spectrum(network_like_values(40, 2), 2);
    a(3, 4) += 1e-6 * a.norm();
    for (const double size : {1e-290, 1e-150, 1.0, 1e150, 1e290}) {
        INFO("size ", size);
        CHECK(check_operator(DenseOperator<double>(size * a), 1).status ==
              OperatorStatus::asymmetric);
    }
}

TEST_CASE("ordinary matrices are multiplied as they are, others in a unit of their own") {
    const Vec<double> values = Vec<double>::LinSpaced(20, 1, 3);
    for (const int power : {-1000, -300, -200, 0, 200, 300, 1000}) {
        INFO("times 2^", power);
        const FunctionOperator<double> matrix = diagonal_operator(std::ldexp(1.0, power) * values);
        const NormalisedOperator<double> scaled(matrix);
        CHECK(scaled.unit() == 1);
        const Mat<double> v = Mat<double>::Ones(20, 3);
        Mat<double> av(20, 3);
        scaled.apply(v, av);
        const bool is_ordinary = std::abs(power) <= 250;
        CHECK((scaled.unit() == 1) == is_ordinary);
        CHECK(matrix.products() == (is_ordinary ? 3 : 6));
        CHECK(scaled.unit() * av(19, 2) == 3 * std::ldexp(1.0, power));
        CHECK(scaled.unit() * scaled.quadratic(v)[0] ==
              doctest::Approx(std::ldexp(values.sum(), power)));
        scaled.apply(v, av);
        CHECK(matrix.products() == (is_ordinary ? 6 : 9));
    }
    // Nothing is decided by zeros.
    bool is_zero = true;
    const FunctionOperator<double> later(
        3, [&](In<Mat<double>> v, Out<Mat<double>> av) { av = (is_zero ? 0 : 1e-200) * v; });
    const NormalisedOperator<double> scaled(later);
    Mat<double> av(3, 1);
    scaled.apply(Mat<double>::Ones(3, 1), av);
    CHECK(scaled.unit() == 1);
    is_zero = false;
    scaled.apply(Mat<double>::Ones(3, 1), av);
    CHECK(scaled.unit() * av(0, 0) == doctest::Approx(1e-200));
    CHECK(scaled.unit() < 1e-190);
}
