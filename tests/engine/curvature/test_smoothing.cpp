// Density curves of hand-made and computed measures.
#include "engine/curvature/smoothing.h"

#include <cmath>

#include <doctest/doctest.h>

#include "tests/engine/curvature/spectra.h"

using namespace dualtape;
using namespace dualtape::curvature;
using dualtape::tests::network_like_values;
using dualtape::tests::random_rotation;
using dualtape::tests::with_spectrum;

namespace {

// One probe of 100 steps that saw three values, P = 10.
SpectralMeasure three_values() {
    SpectralMeasure measure;
    measure.dimension = 10;
    measure.steps = 100;
    measure.probes.resize(1);
    measure.probes[0].nodes.resize(3);
    measure.probes[0].nodes << -1, 0, 3;
    measure.probes[0].weights.resize(3);
    measure.probes[0].weights << 0.2, 0.5, 0.3;
    return measure;
}

double largest_near(const Vec<double>& y, const Vec<double>& x, double centre, double reach) {
    double value = 0;
    for (Index i = 0; i < x.size(); ++i) {
        if (std::abs(x[i] - centre) < reach) value = std::max(value, y[i]);
    }
    return value;
}

}  // namespace

TEST_CASE("the linear density has Gaussians of the stated width, 5 % of margin and mass one") {
    LinearAxis axis;
    axis.points = 6001;
    const LinearDensity curve = linear_density(three_values(), axis);
    CHECK(curve.width == doctest::Approx(2 * 0.00681).epsilon(1e-3));  // half the range is 2
    CHECK(curve.x[0] == doctest::Approx(-1.2));
    CHECK(curve.x[6000] == doctest::Approx(3.2));
    const double peak = 1 / (curve.width * std::sqrt(2 * M_PI));
    // The grid meets a peak to half its spacing of 0.05 widths: exp(-0.0003).
    CHECK(largest_near(curve.density, curve.x, 0, 0.1) ==
          doctest::Approx(0.5 * peak).epsilon(1e-3));
    CHECK(largest_near(curve.density, curve.x, 3, 0.1) ==
          doctest::Approx(0.3 * peak).epsilon(1e-3));
    CHECK(largest_near(curve.density, curve.x, 1.5, 1) < 1e-12 * peak);
    CHECK(curve.mass == doctest::Approx(1).epsilon(1e-6));
    CHECK(curve.is_complete);
}

TEST_CASE("an axis that cuts mass off or is too coarse says so") {
    LinearAxis axis;
    axis.low = -2;
    axis.high = 2;
    LinearDensity curve = linear_density(three_values(), axis);
    CHECK(curve.mass == doctest::Approx(0.7).epsilon(1e-6));
    CHECK_FALSE(curve.is_complete);
    axis.high = 4;
    axis.width = 0.0005;
    axis.points = 100;
    CHECK_FALSE(linear_density(three_values(), axis).is_complete);
    axis.points = 20000;
    CHECK(linear_density(three_values(), axis).is_complete);
}

TEST_CASE("a quadrature of few steps gets a margin that holds its wide kernels") {
    SpectralMeasure measure = three_values();
    measure.steps = 3;
    const LinearDensity curve = linear_density(measure);
    CHECK(curve.x[0] == doctest::Approx(-1 - 4 * curve.width));
    CHECK(curve.is_complete);
    measure.probes[0].nodes.setConstant(2);
    CHECK(linear_density(measure).is_complete);
    measure.probes[0].nodes.setZero();
    CHECK(linear_density(measure).is_complete);
}

TEST_CASE("the signed logarithmic density keeps signs apart and zero as a number") {
    SpectralMeasure measure = three_values();
    SignedLogAxis axis;
    axis.zero = 1e-3;
    const SignedLogDensity curve = signed_log_density(measure, axis);
    CHECK(curve.masses.zero.value == doctest::Approx(0.5).epsilon(1e-15));
    CHECK(curve.mass == doctest::Approx(1).epsilon(1e-5));
    CHECK(curve.is_complete);
    const auto decades = [](double x) { return std::asinh(x / 1e-3) / std::log(10.0); };
    const double peak = 1 / (0.05 * std::sqrt(2 * M_PI));
    // The grid meets a peak to an eighth of a width: exp(-1/128).
    CHECK(largest_near(curve.positive, curve.axis, decades(3), 0.1) ==
          doctest::Approx(0.3 * peak).epsilon(0.01));
    CHECK(largest_near(curve.negative, curve.axis, decades(1), 0.1) ==
          doctest::Approx(0.2 * peak).epsilon(0.01));
    CHECK(largest_near(curve.positive, curve.axis, decades(1), 0.01) < 1e-12);
    for (const Index i : {Index{0}, curve.x.size() / 2, curve.x.size() - 1}) {
        CHECK(decades(curve.x[i]) == doctest::Approx(curve.axis[i]).epsilon(1e-12));
    }
    // A kernel that reaches across zero loses mass, and that is seen.
    axis.width = 1;
    measure.probes[0].nodes[2] = 0.002;
    CHECK_FALSE(signed_log_density(measure, axis).is_complete);
}

TEST_CASE("all eigenvalues zero: the whole mass is the zero mass") {
    SpectralMeasure measure = three_values();
    measure.probes[0].nodes.setZero();
    const SignedLogDensity curve = signed_log_density(measure);
    CHECK(curve.masses.zero.value == 1);
    CHECK(curve.positive.isZero(0));
    CHECK(curve.is_complete);
}

TEST_CASE("curves of a deflated measure hold the share of the complement") {
    const Vec<double> values = network_like_values(200, 1);
    DensitySettings<double> settings;
    settings.steps = 50;
    settings.deflation = {values.head(20), random_rotation(200, 1).leftCols(20)};
    const SpectralMeasure measure =
        spectral_measure(DenseOperator<double>(with_spectrum(values, 1)), settings);
    const LinearDensity linear = linear_density(measure);
    CHECK(linear.is_complete);
    const double spacing = linear.x[1] - linear.x[0];
    CHECK(linear.density.sum() * spacing == doctest::Approx(0.9).epsilon(1e-3));
    CHECK(linear.x[linear.x.size() - 1] < values.head(20).minCoeff());
    const SignedLogDensity curve = signed_log_density(measure);
    CHECK(curve.is_complete);
    const SpectralMasses& masses = curve.masses;
    CHECK(masses.zero.value + masses.negative.value + masses.positive.value ==
          doctest::Approx(1).epsilon(1e-12));
}

TEST_CASE("curves without a measure, a width or an axis are refused") {
    CHECK_THROWS_AS(linear_density(SpectralMeasure()), std::invalid_argument);
    SignedLogAxis signed_log;
    signed_log.width = 0;
    CHECK_THROWS_AS(signed_log_density(three_values(), signed_log), std::invalid_argument);
    LinearAxis linear;
    linear.points = 1;
    CHECK_THROWS_AS(linear_density(three_values(), linear), std::invalid_argument);
    linear.points = 100;
    linear.low = 1;
    CHECK_THROWS_WITH_AS(linear_density(three_values(), linear),
                         "spectral density: an axis from 1.000000 to 0.000000; use low < high",
                         std::invalid_argument);
}
