#include "engine/curvature/smoothing.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace dualtape::curvature {

namespace {

constexpr double kMassTolerance = 1e-3;
constexpr double kReach = 8;  // widths beyond which a kernel is below 1e-14 of its peak

// density += weight * normal density of (centre, width) on an evenly spaced grid.
void add_kernel(Vec<double>& density, const Vec<double>& grid, double centre, double width,
                double weight) {
    const double* first =
        std::lower_bound(grid.data(), grid.data() + grid.size(), centre - kReach * width);
    const double peak = weight / (width * std::sqrt(2 * M_PI));
    for (Index i = first - grid.data(); i < grid.size(); ++i) {
        const double z = (grid[i] - centre) / width;
        if (z > kReach) break;
        density[i] += peak * std::exp(-0.5 * z * z);
    }
}

// Trapezoid rule on an evenly spaced grid.
double integral(const Vec<double>& y, const Vec<double>& grid) {
    const Index n = grid.size();
    return (y.sum() - 0.5 * (y[0] + y[n - 1])) * (grid[n - 1] - grid[0]) /
           static_cast<double>(n - 1);
}

// f(node, weight) over all probes; the weights sum to dimension / P.
template <class Function>
void for_nodes(const SpectralMeasure& measure, const Function& f) {
    const double share = static_cast<double>(measure.dimension) /
                         static_cast<double>(measure.size()) /
                         static_cast<double>(measure.probes.size());
    for (const ProbeQuadrature& probe : measure.probes) {
        for (Index i = 0; i < probe.nodes.size(); ++i) f(probe.nodes[i], share * probe.weights[i]);
    }
}

double share_of_quadrature(const SpectralMeasure& measure) {
    return static_cast<double>(measure.dimension) / static_cast<double>(measure.size());
}

void check(const SpectralMeasure& measure, bool has_width, double width) {
    if (measure.probes.empty()) {
        throw std::invalid_argument("spectral density: the measure has no probes to draw");
    }
    if (!has_width) {
        throw std::invalid_argument("spectral density: a kernel of width " + std::to_string(width) +
                                    "; use a positive one");
    }
}

}  // namespace

LinearDensity linear_density(const SpectralMeasure& measure, const LinearAxis& axis) {
    check(measure, axis.width >= 0, axis.width);
    if (axis.points < 2) {
        throw std::invalid_argument("spectral density: an axis of " + std::to_string(axis.points) +
                                    " points; use 2 or more");
    }
    if (axis.low > axis.high) {
        throw std::invalid_argument("spectral density: an axis from " + std::to_string(axis.low) +
                                    " to " + std::to_string(axis.high) + "; use low < high");
    }
    double low = measure.probes[0].nodes[0], high = low;
    for_nodes(measure, [&](double node, double) {
        low = std::min(low, node);
        high = std::max(high, node);
    });
    const double modulus = std::max(std::abs(low), std::abs(high));
    const double range = std::max(high - low, 1e-6 * (modulus > 0 ? modulus : 1.0));
    const auto intervals = static_cast<double>(std::max<Index>(measure.steps - 1, 1));
    LinearDensity result;
    result.width =
        axis.width > 0 ? axis.width : 0.5 * range * 2 / (intervals * std::sqrt(8 * std::log(3.0)));
    const double margin = std::max(0.05 * range, 4 * result.width);
    const bool is_given = axis.low != axis.high;
    result.x = Vec<double>::LinSpaced(axis.points, is_given ? axis.low : low - margin,
                                      is_given ? axis.high : high + margin);
    result.density = Vec<double>::Zero(axis.points);
    for_nodes(measure, [&](double node, double weight) {
        add_kernel(result.density, result.x, node, result.width, weight);
    });
    result.mass = integral(result.density, result.x) / share_of_quadrature(measure);
    result.is_complete = std::abs(result.mass - 1) <= kMassTolerance;
    return result;
}

SignedLogDensity signed_log_density(const SpectralMeasure& measure, const SignedLogAxis& axis) {
    check(measure, axis.width > 0, axis.width);
    SignedLogDensity result;
    const double zero = result.zero = axis.zero > 0 ? axis.zero : zero_scale(measure);
    result.masses = spectral_masses(measure, zero);
    const auto decades = [zero](double x) { return std::asinh(x / zero) / std::log(10.0); };
    double modulus = zero;
    for_nodes(measure, [&](double node, double) { modulus = std::max(modulus, std::abs(node)); });
    const double low = std::max(0.0, decades(zero) - 5 * axis.width);
    const double high = decades(modulus) + 5 * axis.width;
    const auto points = static_cast<Index>(std::ceil((high - low) / axis.width * 4)) + 1;
    result.axis = Vec<double>::LinSpaced(points, low, high);
    result.x = (result.axis.array() * std::log(10.0)).sinh() * zero;
    result.negative = result.positive = Vec<double>::Zero(points);
    double zero_mass = 0;
    for_nodes(measure, [&](double node, double weight) {
        if (std::abs(node) <= zero) {
            zero_mass += weight;
        } else {
            Vec<double>& side = node > 0 ? result.positive : result.negative;
            add_kernel(side, result.axis, decades(std::abs(node)), axis.width, weight);
        }
    });
    result.mass = (integral(result.negative, result.axis) + integral(result.positive, result.axis) +
                   zero_mass) /
                  share_of_quadrature(measure);
    result.is_complete = std::abs(result.mass - 1) <= kMassTolerance;
    return result;
}

}  // namespace dualtape::curvature
