#pragma once
// Fourier coefficients of functions of two tokens along a, b, a + b and a - b.
//
// A frequency k spans {1, c_k, s_k} x {1, c_k, s_k} without the constant: eight orthonormal
// directions in R^(p^2), which are waves of one number each,
//   f(a) / sqrt(p),  f(b) / sqrt(p),  f(a + b) / sqrt(p),  f(a - b) / sqrt(p),   f = c_k or s_k,
// rows of the FourierBasis. So they need no two-dimensional transform: the sums of T over the lines
// on which a, b, a + b or a - b (mod p) is constant hold all of them. For even p, (-1)^(a + b) and
// (-1)^(a - b) are one direction, and the Nyquist frequency spans three.

#include <cstdint>
#include <span>

#include "experiments/analyses/fourier/fourier_basis.h"

namespace dualtape::analyses {

// R functions over the grid. Coefficients are R x p, column = row of the basis; column 0, the
// constant, is 0 in all four. difference has 0 at the Nyquist row: that direction belongs to sum.
struct PairSpectrum {
    Mat<double> a, b, sum, difference;
    Vec<double> mean;    // R: over the grid
    Vec<double> energy;  // R: sum over the grid of (T - mean)^2
};

// grid: R x p^2, column a p + b, finite. Cost: 6 R p^2 additions and 8 R p^2 flops of products, a
// factor p / 4 below the two-dimensional transform. Same bits for any number of threads.
// Throws std::invalid_argument unless grid has p^2 columns.
PairSpectrum pair_spectrum(const FourierBasis& basis, In<Mat<double>> grid, int threads = 1);

// The same of T(tokens[a], tokens[b]), what a network computes after its tokens have been renamed.
// tokens: a permutation of 0 .. p-1, not checked. mean and energy do not change under renaming and
// are those of `original`.
PairSpectrum relabelled_pair_spectrum(const FourierBasis& basis, In<Mat<double>> grid,
                                      const PairSpectrum& original, std::span<const Index> tokens);

// Which of the directions of a frequency: a + b (the label of modular addition; the published
// choice), a - b, or all of the block.
enum class Combination { sum, difference, block };

// Energy by frequency, R x floor(p / 2), column k - 1: squared coefficients of the combination.
Mat<double> pair_energy(const FourierBasis& basis, const PairSpectrum& spectrum,
                        Combination combination);

// The unit vectors themselves, p^2 x n: cosine before sine; the block in the order a, b, a + b,
// a - b. n is 2 or 8; at the Nyquist frequency 1 or 3.
//   cos_k(a + b) = (c_k x c_k - s_k x s_k) / sqrt(2)
//   sin_k(a + b) = (s_k x c_k + c_k x s_k) / sqrt(2)      a - b: with the other signs
// Throws std::invalid_argument unless 1 <= k <= floor(p / 2).
Mat<double> pair_directions(const FourierBasis& basis, Index k, Combination combination);

// A sum of functions of one number each: T(a, b) = f(a) + g(b) + h(a + b) + i(a - b). R x p each,
// column = the number modulo p; matrices without columns are 0.
struct LineFunctions {
    Index p = 0;
    Mat<double> a, b, sum, difference;
};

// The orthogonal projection of the functions on the directions of `frequencies`; without the mean.
// Throws std::invalid_argument for a frequency that is not in 1 .. floor(p / 2) or given twice.
LineFunctions project(const FourierBasis& basis, const PairSpectrum& spectrum,
                      std::span<const Index> frequencies, Combination combination);

// values (R x n) += factor * T at n pairs, given as a p + b.
void add_at_pairs(Mat<double>& values, double factor, const LineFunctions& functions,
                  std::span<const std::int32_t> pairs);
// T at all pairs, R x p^2.
Mat<double> on_grid(const LineFunctions& functions);

}  // namespace dualtape::analyses
