#pragma once
// The whole matrix of an operator and its exact spectrum: the oracle of this folder, for small P.

#include "engine/curvature/operator.h"

namespace dualtape::curvature {

struct DenseMatrix {
    Mat<double> matrix;    // symmetrised
    double asymmetry = 0;  // max |A - A'| over the Frobenius norm, before
};

// The matrix by products with the identity, in blocks of 32 columns. Throws std::invalid_argument
// when P x P doubles take more than memory_limit bytes.
template <class Scalar>
DenseMatrix dense_matrix(const Operator<Scalar>& matrix,
                         std::size_t memory_limit = std::size_t{1} << 30);

struct DenseSpectrum {
    Vec<double> values;   // ascending
    Mat<double> vectors;  // P x P, columns in the same order
};
// Cost: about 9 P^3 flops.
DenseSpectrum dense_spectrum(const Mat<double>& symmetric);

}  // namespace dualtape::curvature
