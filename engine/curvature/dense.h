#pragma once
// The whole matrix of an operator and its exact spectrum: the oracle of this folder, for small P.

#include "engine/curvature/operator.h"

namespace dualtape::curvature {

struct DenseMatrix {
    Mat<double> matrix;    // symmetrised
    double asymmetry = 0;  // max |A - A'| over the Frobenius norm, before
};

// Memory of P x P doubles.
std::size_t dense_bytes(Index rows);

// What decides between the dense spectrum and Lanczos.
struct DenseLimits {
    Index rows = 2500;                          // always dense up to this size
    std::size_t memory = std::size_t{1} << 30;  // bytes of one P x P matrix; never dense above
};
// Is the whole spectrum the cheaper way? It takes P products; lanczos_products is what the wanted
// pairs are expected to take, say what they took at the last checkpoint; 0: unknown.
bool prefers_dense(Index rows, Index lanczos_products, const DenseLimits& limits = {});

// The matrix by products with the identity, in blocks of 32 columns. Throws std::invalid_argument
// when P x P doubles take more than memory_limit bytes.
template <class Scalar>
DenseMatrix dense_matrix(const Operator<Scalar>& matrix,
                         std::size_t memory_limit = std::size_t{1} << 30);

// What the whole spectrum says exactly. (The diagonal is DenseMatrix::matrix.diagonal().)
struct SpectrumSummary {
    double trace = 0;
    double frobenius = 0;                        // the norm
    Index negative = 0, zero = 0, positive = 0;  // the inertia
    double log_det = 0;         // sum of log |value| over the values that are not zero; 0 if none
    double effective_rank = 0;  // trace^2 / frobenius^2; NaN for the zero matrix
};
// `values` in any order; those of modulus <= zero count as zero. A negative `zero` stands for
// P 2^-52 max |value|, the accuracy of a dense solve.
SpectrumSummary summarise(const Vec<double>& values, double zero = -1);

}  // namespace dualtape::curvature
