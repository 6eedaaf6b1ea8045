#pragma once
// Eigenvalues of a dense symmetric matrix that are there, and in order, whatever its rounding.

#include "engine/core/types.h"

namespace dualtape::curvature {

struct SymmetricEigen {
    Vec<double> values;   // n, ascending
    Mat<double> vectors;  // n x n, columns in the same order; empty when only values are asked for
};

enum class EigenParts { values, values_and_vectors };

// Of the lower triangle of A, n x n. The QR iteration of the library gives up now and then, with
// repeated eigenvalues above all, and then leaves values that are neither exact nor in order; the
// same matrix with its rows and columns in another order rounds differently, and is tried instead.
// A matrix that is not finite gives what the library makes of it. Cost: about 9 n^3 flops, for
// values alone 4/3 n^3. Throws std::runtime_error when no order converges.
SymmetricEigen symmetric_eigen(const Mat<double>& a,
                               EigenParts parts = EigenParts::values_and_vectors);

}  // namespace dualtape::curvature
