#pragma once
// How few directions hold a matrix.

#include "engine/core/types.h"

namespace dualtape::analyses {

// The smallest number of singular values of the matrix whose squares hold `share` of the sum of
// all; 0 for a matrix of zeros. Cost: an eigenvalue problem of the smaller dimension.
// Throws std::invalid_argument unless 0 < share <= 1.
Index energy_rank(In<Mat<double>> matrix, double share = 0.99);

}  // namespace dualtape::analyses
