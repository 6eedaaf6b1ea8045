#pragma once
// How unevenly numbers are spread, and how few directions hold a matrix.

#include "engine/core/types.h"

namespace dualtape::analysis {

// The Gini coefficient of x >= 0: sum_i (2i - n - 1) x_(i) / (n sum x), x_(1) <= ... <= x_(n).
// 0 when all are equal, (n - 1) / n when all but one are 0. NaN for no values or only zeros.
// Throws std::invalid_argument for a negative or NaN value.
// Measures of one network: of fourier_row_norms (p rows; the published choice), and of
// frequency_norms, where cosine and sine are joined, so that a phase makes no difference.
double gini(In<Vec<double>> values);

// The smallest number of singular values of the matrix whose squares hold `share` of the sum of
// all; 0 for a matrix of zeros. Cost: an eigenvalue problem of the smaller dimension.
// Throws std::invalid_argument unless 0 < share <= 1.
Index energy_rank(In<Mat<double>> matrix, double share = 0.99);

}  // namespace dualtape::analysis
