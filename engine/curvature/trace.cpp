#include "engine/curvature/trace.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "engine/curvature/estimate.h"
#include "engine/curvature/length.h"
#include "engine/curvature/normalised_operator.h"

namespace dualtape::curvature {

namespace {

// body(first, block) over all probes of a stream, a block of columns at a time.
template <class Scalar, class Body>
void for_probes(Index rows, Index count, std::string_view purpose,
                const TraceSettings<Scalar>& settings, const Body& body) {
    for (Index first = 0; first < count; first += settings.block) {
        Mat<Scalar> v(rows, std::min(settings.block, count - first));
        fill_probes<Scalar>(settings.kind, settings.seed, purpose, first, v);
        body(first, v);
    }
}

template <class Scalar>
void check(const TraceSettings<Scalar>& settings, Index count) {
    if (count < 1 || settings.block < 1) {
        throw std::invalid_argument("trace: " + std::to_string(count) + " probes in blocks of " +
                                    std::to_string(settings.block) + "; use 1 or more of each");
    }
}

// v'Av of `count` probes of the deflated matrix.
template <class Scalar>
Vec<double> forms(const NormalisedOperator<Scalar>& matrix, Index count, std::string_view purpose,
                  const TraceSettings<Scalar>& settings) {
    Vec<double> samples(count);
    for_probes(matrix.rows(), count, purpose, settings, [&](Index first, const Mat<Scalar>& v) {
        samples.segment(first, v.cols()) = matrix.quadratic(v);
    });
    return matrix.unit() * samples;
}

TraceEstimate scaled_by(double unit, TraceEstimate estimate) {
    for (double* of : {&estimate.value, &estimate.standard_error, &estimate.low, &estimate.high}) {
        *of *= unit;
    }
    return estimate;
}

// Of the root of what was estimated, to first order.
TraceEstimate root(TraceEstimate estimate) {
    estimate.value = std::sqrt(estimate.value);
    if (estimate.value > 0) estimate.standard_error /= 2 * estimate.value;
    estimate.low = std::sqrt(std::max(estimate.low, 0.0));
    estimate.high = std::sqrt(estimate.high);
    return estimate;
}

}  // namespace

const char* text(TraceStatus status) {
    switch (status) {
        case TraceStatus::done:
            return "done";
        case TraceStatus::trace_zero:
            return "trace_zero";
        case TraceStatus::budget:
            return "budget";
        case TraceStatus::indefinite:
            return "indefinite";
        case TraceStatus::nonfinite:
            return "nonfinite";
    }
    return "";
}

TraceEstimate trace_estimate(const Vec<double>& samples, double known) {
    const Estimate mean = mean_estimate(samples);
    TraceEstimate result;
    result.value = known + mean.value;
    result.status = std::isfinite(result.value) ? TraceStatus::done : TraceStatus::nonfinite;
    result.probes = samples.size();
    result.standard_error = mean.standard_error;
    const double half = student_quantile(samples.size() - 1) * mean.standard_error;
    result.low = result.value - half;
    result.high = result.value + half;
    return result;
}

template <class Scalar>
TraceEstimate hutchinson(const Operator<Scalar>& matrix, const TraceSettings<Scalar>& settings) {
    check(settings, settings.budget);
    const DeflatedOperator<Scalar> deflated(matrix, settings.deflation, settings.threads);
    const NormalisedOperator<Scalar> scaled(deflated);
    TraceEstimate result = trace_estimate(forms(scaled, settings.budget, "trace", settings),
                                          settings.deflation.values.sum());
    result.quadratics = settings.budget;
    return result;
}

template <class Scalar>
TraceAndNorm trace_and_norm(const Operator<Scalar>& matrix, const TraceSettings<Scalar>& settings) {
    const Index count = settings.budget;
    check(settings, count);
    const DeflatedOperator<Scalar> deflated(matrix, settings.deflation, settings.threads);
    const NormalisedOperator<Scalar> scaled(deflated);
    Vec<double> forms(count), squares(count);
    for_probes(matrix.rows(), count, "trace", settings, [&](Index first, const Mat<Scalar>& v) {
        Mat<Scalar> av(v.rows(), v.cols());
        scaled.apply(v, av);
        for (Index c = 0; c < v.cols(); ++c) {
            const auto product = av.col(c).template cast<double>();
            forms[first + c] = v.col(c).template cast<double>().dot(product);
            squares[first + c] = product.squaredNorm();
        }
    });
    // Squares are taken in a unit that suits both the samples and the values known.
    const Vec<double>& known = settings.deflation.values;
    const double size = scaled.unit() * std::sqrt(largest_entry(squares));
    const double unit = binary_unit(std::max(size, largest_entry(known)));
    const double ratio = scaled.unit() / unit;
    const TraceEstimate in_unit =
        trace_estimate(ratio * (ratio * squares), (known / unit).squaredNorm());
    TraceAndNorm result{trace_estimate(scaled.unit() * forms, known.sum()),
                        scaled_by(unit, scaled_by(unit, in_unit)), scaled_by(unit, root(in_unit))};
    result.trace.products = result.squared_norm.products = result.norm.products = count;
    return result;
}

template <class Scalar>
TraceEstimate trace_to_tolerance(const Operator<Scalar>& matrix,
                                 const ToleranceSettings<Scalar>& settings) {
    constexpr Index kPilot = 16;
    check(settings.trace, settings.max_probes);
    if (!(settings.relative_tolerance > 0) || !(settings.absolute_tolerance >= 0)) {
        throw std::invalid_argument(
            "trace: tolerances " + std::to_string(settings.relative_tolerance) + " relative, " +
            std::to_string(settings.absolute_tolerance) + " absolute; use a positive relative one");
    }
    const DeflatedOperator<Scalar> deflated(matrix, settings.trace.deflation,
                                            settings.trace.threads);
    const NormalisedOperator<Scalar> scaled(deflated);
    const double known = settings.trace.deflation.values.sum();

    // Step 1. The pilot: the deviation of a probe, and whether the trace differs from zero.
    TraceEstimate pilot =
        trace_estimate(forms(scaled, kPilot, "trace pilot", settings.trace), known);
    pilot.quadratics = kPilot;
    if (pilot.status == TraceStatus::nonfinite) return pilot;
    const auto is_near_zero = [](const TraceEstimate& estimate) {
        return std::abs(estimate.value) < 3 * estimate.standard_error;
    };
    const double deviation = pilot.standard_error * std::sqrt(static_cast<double>(kPilot));
    double tolerance = settings.relative_tolerance * std::abs(pilot.value);
    if (is_near_zero(pilot)) {
        tolerance = settings.absolute_tolerance > 0 ? settings.absolute_tolerance : 0.1 * deviation;
    }

    // Step 2. One batch of fresh probes. A pilot without deviation asks for none.
    const double ratio = deviation > 0 ? deviation / tolerance : 0.0;
    const double wanted = std::max(std::ceil(ratio * ratio), static_cast<double>(kPilot));
    const bool is_too_many = wanted > static_cast<double>(settings.max_probes);
    const Index count = is_too_many ? settings.max_probes : static_cast<Index>(wanted);
    TraceEstimate result = trace_estimate(forms(scaled, count, "trace", settings.trace), known);
    result.quadratics = kPilot + count;
    if (result.status == TraceStatus::nonfinite) return result;
    if (is_too_many) result.status = TraceStatus::budget;
    if (is_near_zero(pilot) || is_near_zero(result)) result.status = TraceStatus::trace_zero;
    return result;
}

#define DUALTAPE_TRACE(Scalar)                                                                   \
    template TraceEstimate hutchinson(const Operator<Scalar>&, const TraceSettings<Scalar>&);    \
    template TraceAndNorm trace_and_norm(const Operator<Scalar>&, const TraceSettings<Scalar>&); \
    template TraceEstimate trace_to_tolerance(const Operator<Scalar>&,                           \
                                              const ToleranceSettings<Scalar>&);
DUALTAPE_TRACE(float)
DUALTAPE_TRACE(double)

}  // namespace dualtape::curvature
