#pragma once
// Eigenvalues of a dense symmetric matrix that are there, and in order, whatever its rounding.

#include "engine/core/types.h"

namespace dualtape::curvature {

struct DenseSpectrum {
    Vec<double> values;   // P, ascending
    Mat<double> vectors;  // P x P, columns in the same order
};

// Of the lower triangle of A, P x P. The QR iteration of the library gives up now and then, with
// repeated eigenvalues above all, and then leaves values that are neither exact nor in order; the
// same matrix with its rows and columns in another order rounds differently, and is tried instead.
// A matrix that is not finite gives what the library makes of it. Cost: about 9 P^3 flops.
// Throws std::runtime_error when no order converges.
DenseSpectrum dense_spectrum(const Mat<double>& symmetric);

// The values alone, likewise: 4/3 P^3 flops.
Vec<double> dense_eigenvalues(const Mat<double>& symmetric);

}  // namespace dualtape::curvature
