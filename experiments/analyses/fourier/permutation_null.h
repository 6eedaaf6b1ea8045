#pragma once
// Random renaming of tokens: what a number measured on a network gives when the order of the tokens
// means nothing.

#include <cstdint>
#include <vector>

#include "engine/core/types.h"

namespace dualtape::analyses {

struct NullSettings {
    Index permutations = 200;
    double level = 0.95;     // of the floor
    std::uint64_t seed = 0;  // of the stream "permutations"
    int threads = 1;
};
// Throws std::invalid_argument when permutations < 1 or level is outside (0, 1).
void check_null_settings(const NullSettings& settings);

// The names of the p tokens in permutation number `index`, the same for every analysis.
std::vector<Index> draw_tokens(Index p, const NullSettings& settings, Index index);

// (1 + draws at least as large as observed) / (1 + draws): never 0, and at most x with probability
// x or less when the observed number is exchangeable with the draws. Draws equal up to 1e-10 of the
// observed number count as equal: renamings that change nothing sum in another order.
// Source: Phipson & Smyth 2010, "Permutation p-values should never be zero".
double permutation_p_value(double observed, In<Vec<double>> draws);

// The quantile `level` of every row; draws: rows x permutations.
Vec<double> null_floor(In<Mat<double>> draws, double level);

}  // namespace dualtape::analyses
