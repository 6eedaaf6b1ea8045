#pragma once
// Estimates of the diagonal of a matrix known by its products, with an error for every entry.

#include <cstdint>

#include "engine/curvature/operator.h"

namespace dualtape::curvature {

struct DiagonalSettings {
    Index budget = 48;       // products
    std::uint64_t seed = 0;  // of the streams "diagonal"
    Index block = 8;         // columns multiplied at once
    int threads = 1;         // for the algebra; the operator has its own
};

struct DiagonalEstimate {
    Vec<double> values;           // P
    Vec<double> standard_errors;  // P; NaN from a single probe
    Index probes = 0;             // samples behind each error
    Index products = 0;
};

// Mean of v .* Av over rademacher probes v. Variance of entry i and a probe: sum of a_ij^2 over the
// other columns j. Throws std::invalid_argument for settings below 1. Source: Bekas, Kokiopoulou &
// Saad 2007.
template <class Scalar>
DiagonalEstimate rademacher_diagonal(const Operator<Scalar>& matrix,
                                     const DiagonalSettings& settings);

// diag(Q_i Q_i'A) + omega_i .* (I - Q_i Q_i') A omega_i, averaged over probes i with
// Q_i = orth(A Omega without column i): exact when rank A < s. s = budget / 2 probes, 2 s products;
// memory 2 P s. As the probes share the range, the true error is 1 to 1.5 times the standard error
// on matrices tried (P = 40, s = 4 to 24), and 95 % intervals cover 80 % to 95 %.
// Throws std::invalid_argument for a budget below 4.
// Source: Epperly, Tropp & Webber 2024 (XDiag), section 2.4.
template <class Scalar>
DiagonalEstimate xdiag(const Operator<Scalar>& matrix, const DiagonalSettings& settings);

}  // namespace dualtape::curvature
