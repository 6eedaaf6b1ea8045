// What follows from a spectral measure without a kernel: counts, masses, trace and norm.
#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <stdexcept>

#include "engine/curvature/density.h"
#include "engine/curvature/length.h"
#include "engine/curvature/resolution.h"

namespace dualtape::curvature {

namespace {

// sum over eigenvalues of f(lambda): dimension * mean over probes of sum w f(theta), and the
// removed values.
template <class Function>
Estimate sum_over_spectrum(const SpectralMeasure& measure, const Function& f) {
    if (measure.is_whole) return {measure.probes.at(0).nodes.unaryExpr(f).sum(), 0};
    Vec<double> samples(static_cast<Index>(measure.probes.size()));
    for (Index i = 0; i < samples.size(); ++i) {
        const ProbeQuadrature& probe = measure.probes[static_cast<std::size_t>(i)];
        samples[i] =
            static_cast<double>(measure.dimension) * probe.weights.dot(probe.nodes.unaryExpr(f));
    }
    Estimate estimate = mean_estimate(samples);
    estimate.value += measure.removed.unaryExpr(f).sum();
    return estimate;
}

double largest_modulus(const SpectralMeasure& measure) {
    return std::max(std::abs(measure.largest()), std::abs(measure.smallest()));
}

// |A|_F^2 in the square of this unit.
Estimate squares_in(const SpectralMeasure& measure, double unit) {
    return sum_over_spectrum(measure,
                             [unit](double theta) { return theta / unit * (theta / unit); });
}

// Number of eigenvalues with is_inside(value), where the edges of the inside are those given.
template <class IsInside>
CountEstimate count_inside(const SpectralMeasure& measure, const IsInside& is_inside,
                           std::initializer_list<double> edges) {
    CountEstimate count{
        sum_over_spectrum(measure, [&](double theta) { return is_inside(theta) ? 1.0 : 0.0; })};
    for (const ProbeQuadrature& probe : measure.probes) {
        for (const double edge : edges) count.resolution += resolution(probe, edge);
    }
    count.resolution *= static_cast<double>(measure.dimension) /
                        static_cast<double>(std::max<std::size_t>(measure.probes.size(), 1));
    return count;
}

}  // namespace

double SpectralMeasure::largest() const {
    double value = -std::numeric_limits<double>::infinity();
    for (const double x : removed) value = std::max(value, x);
    for (const ProbeQuadrature& probe : probes) value = std::max(value, probe.nodes.maxCoeff());
    return value;
}

double SpectralMeasure::smallest() const {
    double value = std::numeric_limits<double>::infinity();
    for (const double x : removed) value = std::min(value, x);
    for (const ProbeQuadrature& probe : probes) value = std::min(value, probe.nodes.minCoeff());
    return value;
}

SpectralMeasure exact_measure(Vec<double> values) {
    if (values.size() == 0) {
        throw std::invalid_argument("spectral density: a spectrum without eigenvalues has none");
    }
    std::sort(values.begin(), values.end());
    SpectralMeasure measure;
    measure.dimension = measure.steps = values.size();
    measure.is_whole = true;
    const Vec<double> weights =
        Vec<double>::Constant(values.size(), 1 / static_cast<double>(values.size()));
    measure.probes.push_back({std::move(values), weights, true});
    return measure;
}

CountEstimate count_above(const SpectralMeasure& measure, double x) {
    return count_inside(measure, [x](double theta) { return theta > x; }, {x});
}

Estimate trace(const SpectralMeasure& measure) {
    return sum_over_spectrum(measure, [](double theta) { return theta; });
}

Estimate squared_norm(const SpectralMeasure& measure) {
    const double unit = binary_unit(largest_modulus(measure));
    const Estimate squares = squares_in(measure, unit);
    return {unit * (unit * squares.value), unit * (unit * squares.standard_error)};
}

Estimate frobenius_norm(const SpectralMeasure& measure) {
    const double unit = binary_unit(largest_modulus(measure));
    const Estimate squares = squares_in(measure, unit);
    const double root = std::sqrt(squares.value);
    return {unit * root, root > 0 ? unit * squares.standard_error / (2 * root) : 0.0};
}

double zero_scale(const SpectralMeasure& measure, double product_noise) {
    const double largest = largest_modulus(measure);
    return largest > 0 ? std::max(1e-8, product_noise) * largest : 1.0;
}

SpectralMasses spectral_masses(const SpectralMeasure& measure, double zero) {
    const auto share = [&](auto is_inside, std::initializer_list<double> edges) {
        CountEstimate count = count_inside(measure, is_inside, edges);
        for (double* of : {&count.value, &count.standard_error, &count.resolution}) {
            *of /= static_cast<double>(measure.size());
        }
        return count;
    };
    return {share([zero](double theta) { return std::abs(theta) <= zero; }, {-zero, zero}),
            share([zero](double theta) { return theta < -zero; }, {-zero}),
            share([zero](double theta) { return theta > zero; }, {zero})};
}

}  // namespace dualtape::curvature
