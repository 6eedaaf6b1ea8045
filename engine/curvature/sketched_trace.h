#pragma once
// Trace estimators that take the range of a few products out exactly and sample the rest. They beat
// Hutchinson's where the spectrum decays, and lose to it by a constant where it is flat.

#include "engine/curvature/trace.h"

namespace dualtape::curvature {

// tr(Q'AQ) + mean of g'(I - QQ')A(I - QQ')g with Q = orth(A S): a third of the budget in products
// for Q, a third in quadratic forms with Q, a third in those with g. The error is that of the g,
// given Q. Exact when rank A <= budget / 3. Throws std::invalid_argument for a budget below 3.
// Source: Meyer, Musco, Musco & Woodruff 2021, algorithm 1.
template <class Scalar>
TraceEstimate hutchpp(const Operator<Scalar>& matrix, const TraceSettings<Scalar>& settings);

// The mean over probes i of tr(Q_i'AQ_i) + x_i'A x_i, where Q_i = orth(A Omega without column i)
// and x_i = (I - Q_i Q_i') omega_i: every probe serves for the range and as a sample. s = budget /
// 2 probes, 2 s products, s x s algebra beside them. Exact when rank A < s. standard_error is sd /
// sqrt(s) of the s samples. As they share the range, the true error is larger, 1.1 to 2 times on
// matrices tried (P = 40, s = 6 to 24), and no interval is given: low and high are NaN. Where an
// interval is needed take hutchpp, or hutchinson with a deflation. Throws std::invalid_argument for
// a budget below 4. Source: Epperly, Tropp & Webber 2024, section 2.1, without rescaling of x_i.
template <class Scalar>
TraceEstimate xtrace(const Operator<Scalar>& matrix, const TraceSettings<Scalar>& settings);

// The same with Nystroem approximations, for positive semidefinite matrices (Gauss-Newton, Fisher):
// one product a probe, so s = budget. Its true error is 1.3 to 4 times standard_error. Status
// indefinite, and NaN, when Omega'A Omega is not positive definite up to rounding. Memory: 3 P s.
// Meant for P well above s: Omega'A Omega is inverted down to a shift of 10 u, which at rank just
// below s costs digits. Relative errors over 8000 matrices of rank 1 to s - 1 = 9, P = 30 to 300:
// median 2e-14, 99 % below 3e-10, all below 1e-6 in double; 1e-5, 2e-2 and 7e-2 in float. Below 30
// rows one in 300 is called `indefinite` falsely; use dense.h there. Throws std::invalid_argument
// for a budget below 2. Source: Epperly, Tropp & Webber 2024, section 2.3, without rescaling.
template <class Scalar>
TraceEstimate xnystrace(const Operator<Scalar>& matrix, const TraceSettings<Scalar>& settings);

}  // namespace dualtape::curvature
