#include "engine/curvature/sketched_trace.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include <Eigen/Cholesky>

#include "engine/curvature/length.h"
#include "engine/curvature/normalised_operator.h"
#include "engine/curvature/sketch.h"

namespace dualtape::curvature {

namespace {

template <class Scalar>
void check(const char* name, const TraceSettings<Scalar>& settings, Index least) {
    if (settings.budget < least || settings.block < 1) {
        throw std::invalid_argument(std::string(name) + ": a budget of " +
                                    std::to_string(settings.budget) + " in blocks of " +
                                    std::to_string(settings.block) + "; use " +
                                    std::to_string(least) + " or more in blocks of 1 or more");
    }
}

// body(first, count) for blocks of columns.
template <class Body>
void for_blocks(Index columns, Index block, const Body& body) {
    for (Index first = 0; first < columns; first += block) {
        body(first, std::min(block, columns - first));
    }
}

// Samples that share their probes are correlated: their spread is a size, not an interval.
TraceEstimate exchangeable_estimate(const Vec<double>& samples, double known) {
    TraceEstimate result = trace_estimate(samples, known);
    result.low = result.high = std::numeric_limits<double>::quiet_NaN();
    return result;
}

}  // namespace

template <class Scalar>
TraceEstimate hutchpp(const Operator<Scalar>& matrix, const TraceSettings<Scalar>& settings) {
    check("hutchpp", settings, 3);
    const DeflatedOperator<Scalar> deflated(matrix, settings.deflation, settings.threads);
    const Index s = std::min(settings.budget / 3, matrix.rows());
    const Index count = settings.budget - 2 * s;
    const NormalisedOperator<Scalar> scaled(deflated);
    const RangeSketch<Scalar> sketch = sketch_range(scaled, s, "trace sketch", settings);
    double inside = 0;
    for_blocks(s, settings.block, [&](Index first, Index width) {
        inside += scaled.quadratic(sketch.range.block(first, width)).sum();
    });
    Vec<double> samples(count);
    for_blocks(count, settings.block, [&](Index first, Index width) {
        Mat<Scalar> g(matrix.rows(), width);
        fill_probes<Scalar>(settings.kind, settings.seed, "trace", first, g);
        sketch.range.project_out(g);
        samples.segment(first, width) = scaled.quadratic(g);
    });
    const double unit = scaled.unit();
    TraceEstimate result =
        trace_estimate(unit * samples, settings.deflation.values.sum() + unit * inside);
    result.products = s;
    result.quadratics = s + count;
    return result;
}

template <class Scalar>
TraceEstimate xtrace(const Operator<Scalar>& matrix, const TraceSettings<Scalar>& settings) {
    check("xtrace", settings, 4);
    const DeflatedOperator<Scalar> deflated(matrix, settings.deflation, settings.threads);
    const Index s = std::min(settings.budget / 2, matrix.rows());
    const NormalisedOperator<Scalar> scaled(deflated);
    const RangeSketch<Scalar> sketch = sketch_range(scaled, s, "trace", settings);
    const Mat<double>&r = sketch.r, &left_out = sketch.left_out;

    // W = Q'Omega and H = Q'AQ.
    Mat<double> w(s, s), h(s, s);
    for_blocks(s, settings.block, [&](Index first, Index width) {
        Mat<Scalar> omega(matrix.rows(), width), product(matrix.rows(), width);
        fill_probes<Scalar>(settings.kind, settings.seed, "trace", first, omega);
        w.middleCols(first, width) = sketch.range.inner(omega);
        scaled.apply(sketch.range.block(first, width), product);
        h.middleCols(first, width) = sketch.range.inner(product);
    });

    // x = omega - Q p with p = w - s (s'w), and Q'A omega = r, omega'A omega = w'r.
    Vec<double> samples(s);
    for (Index i = 0; i < s; ++i) {
        const Vec<double> out = left_out.col(i);
        const Vec<double> p = w.col(i) - out * out.dot(w.col(i));
        const double rest = r.col(i).dot(w.col(i) - 2 * p) + p.dot(h * p);
        samples[i] = scaled.unit() * (h.trace() - out.dot(h * out) + rest);
    }
    TraceEstimate result = exchangeable_estimate(samples, settings.deflation.values.sum());
    result.products = 2 * s;
    return result;
}

// The Nystroem approximation Y H^-1 Y' with Y = A Omega, H = Omega'Y meets A on all probes. Without
// probe i it loses the rank-one part along u_i = H^-1 e_i, so that
//   t_i = tr(Y H^-1 Y') - (|Y u_i|^2 - 1) / (H^-1)_ii.
// A is shifted by nu I, nu at the level of rounding, so that H has a Cholesky factor.
template <class Scalar>
TraceEstimate xnystrace(const Operator<Scalar>& matrix, const TraceSettings<Scalar>& settings) {
    check("xnystrace", settings, 2);
    const DeflatedOperator<Scalar> deflated(matrix, settings.deflation, settings.threads);
    const Index p = matrix.rows(), s = std::min(settings.budget, p);
    const NormalisedOperator<Scalar> scaled(deflated);
    Mat<Scalar> omega(p, s), y(p, s);
    fill_probes<Scalar>(settings.kind, settings.seed, "trace", 0, omega);
    for_blocks(s, settings.block, [&](Index first, Index width) {
        scaled.apply(omega.middleCols(first, width), y.middleCols(first, width));
    });
    const double size = length(y) / std::sqrt(static_cast<double>(p));
    const double unit = binary_unit(size);  // roots of a matrix in it keep its digits
    y /= static_cast<Scalar>(unit);
    const double nu = 10 * static_cast<double>(std::numeric_limits<Scalar>::epsilon()) *
                      (size > 0 ? size / unit : 1.0);
    y += static_cast<Scalar>(nu) * omega;
    const Mat<double> h = omega.template cast<double>().transpose() * y.template cast<double>();
    const Eigen::LLT<Mat<double>> cholesky(0.5 * (h + h.transpose()));
    Vec<double> samples = Vec<double>::Constant(s, std::numeric_limits<double>::quiet_NaN());
    if (cholesky.info() == Eigen::Success) {
        // With H = LL' and Y = QR: |Y H^-1 e_i| = |B m_i|, B = R L^-T and m_i = L^-1 e_i.
        const auto factor = cholesky.matrixL();
        const Mat<double> m = factor.solve(Mat<double>(Mat<double>::Identity(s, s)));
        std::uint64_t draw = 0;
        const Mat<double> r =
            Basis<Scalar>(p, s, settings.threads).append(y, s, 0, settings.seed, draw);
        const Mat<double> b = r * m.transpose();
        for (Index i = 0; i < s; ++i) {
            const double rest = 1 - (b * m.col(i)).squaredNorm();
            const double trace =
                b.squaredNorm() - static_cast<double>(p) * nu + rest / m.col(i).squaredNorm();
            samples[i] = scaled.unit() * (unit * trace);
        }
    }
    TraceEstimate result = exchangeable_estimate(samples, settings.deflation.values.sum());
    if (cholesky.info() != Eigen::Success && y.allFinite()) result.status = TraceStatus::indefinite;
    result.products = s;
    return result;
}

#define DUALTAPE_SKETCHED_TRACE(Scalar)                                                    \
    template TraceEstimate hutchpp(const Operator<Scalar>&, const TraceSettings<Scalar>&); \
    template TraceEstimate xtrace(const Operator<Scalar>&, const TraceSettings<Scalar>&);  \
    template TraceEstimate xnystrace(const Operator<Scalar>&, const TraceSettings<Scalar>&);
DUALTAPE_SKETCHED_TRACE(float)
DUALTAPE_SKETCHED_TRACE(double)

}  // namespace dualtape::curvature
