#pragma once
// Trace and Frobenius norm by Hutchinson's estimator, with error bars and a stopping rule. The
// estimators that also sketch the range are in sketched_trace.h.

#include <cstdint>

#include "engine/curvature/deflation.h"
#include "engine/curvature/operator.h"
#include "engine/curvature/probes.h"

namespace dualtape::curvature {

template <class Scalar>
struct TraceSettings {
    Probe kind = Probe::rademacher;
    Index budget = 48;       // products and quadratic forms together
    std::uint64_t seed = 0;  // of the streams "trace"
    Index block = 8;         // columns multiplied at once
    // Eigenpairs whose values are added exactly; the estimator sees the rest. The trace stays free
    // of bias for pairs that have not converged, as their values are Rayleigh quotients.
    Deflation<Scalar> deflation;
    int threads = 1;  // for the algebra; the operator has its own
};

enum class TraceStatus {
    done,
    trace_zero,  // too close to zero for a relative tolerance: its sign is unknown
    budget,      // the tolerance needs more probes than allowed
    indefinite,  // the matrix is not positive semidefinite, as xnystrace needs
    nonfinite
};
const char* text(TraceStatus status);

struct TraceEstimate {
    TraceStatus status = TraceStatus::done;
    double value = 0;
    double standard_error = 0;  // NaN when unknown: from a single probe
    // 95 % interval, value +- quantile * standard_error by Student's t with probes - 1 degrees. It
    // supposes normal samples: where one eigenvalue makes up the trace, they are skewed, and 12
    // probes cover 87 %, 48 cover 92 %. NaN where the estimator has none.
    double low = 0, high = 0;
    Index probes = 0;  // samples behind the standard error
    Index products = 0;
    Index quadratics = 0;
};

// Mean of v'Av over `budget` probes, at the price of a quadratic form each. Variance of a probe for
// the deflated matrix A: rademacher 2 (|A|_F^2 - sum a_ii^2); gaussian 2 |A|_F^2; sphere
// 2P / (P + 2) (|A|_F^2 - tr^2 / P).
// Throws std::invalid_argument for settings out of range. Source: Hutchinson 1990.
template <class Scalar>
TraceEstimate hutchinson(const Operator<Scalar>& matrix, const TraceSettings<Scalar>& settings);

// All from the same products: v'Av for the trace and |Av|^2 for the squared Frobenius norm, whose
// root is the norm. With deflated pairs the norm is exact to the square of their residuals. The
// square leaves the range of numbers where the norm is below 1e-154 or above 1e154.
struct TraceAndNorm {
    TraceEstimate trace, squared_norm, norm;
};
template <class Scalar>
TraceAndNorm trace_and_norm(const Operator<Scalar>& matrix, const TraceSettings<Scalar>& settings);

template <class Scalar>
struct ToleranceSettings {
    double relative_tolerance = 0.02;  // standard error over |trace|
    // Standard error wanted when the pilot finds |trace| below three standard errors. 0: a tenth of
    // the standard deviation of a probe, hence 100 probes.
    double absolute_tolerance = 0;
    Index max_probes = 10000;
    TraceSettings<Scalar> trace;  // its budget does not matter
};

// Hutchinson's estimator to a tolerance. A pilot of 16 probes gives the deviation sd of a probe;
// then one batch of N = (sd / tolerance)^2 fresh probes, 16 or more, gives the result. The running
// mean is never looked at, which would bias it, and the pilot is not part of the result.
// Status trace_zero: |trace| below three standard errors in the pilot or in the result.
template <class Scalar>
TraceEstimate trace_to_tolerance(const Operator<Scalar>& matrix,
                                 const ToleranceSettings<Scalar>& settings);

// For estimators: mean and interval of their samples, added to a part known exactly. nonfinite when
// they are.
TraceEstimate trace_estimate(const Vec<double>& samples, double known);

}  // namespace dualtape::curvature
