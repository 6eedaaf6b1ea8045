#pragma once
// The real Fourier basis of functions of one token modulo p, and transforms by it.

#include <span>
#include <vector>

#include "engine/core/types.h"

namespace dualtape::analyses {

// Orthonormal rows over the tokens x = 0 .. p-1:
//   row 0        1 / sqrt(p)
//   row 2k - 1   cos(2 pi k x / p) sqrt(2 / p)     k = 1 .. ceil(p / 2) - 1
//   row 2k       sin(2 pi k x / p) sqrt(2 / p)
//   row p - 1    (-1)^x / sqrt(p)                  even p only: the Nyquist frequency k = p / 2
// The frequencies k and p - k are one: k runs over 1 .. floor(p / 2). Made by make_fourier_basis.
struct FourierBasis {
    Index p = 0;
    Mat<double> rows;  // p x p

    Index num_frequencies() const { return p / 2; }
    // It has a cosine row and no sine row: sin(pi x) is 0 at every token.
    bool is_nyquist(Index k) const { return 2 * k == p; }
    // gcd(k, p) > 1: the wave has a shorter period than p, so it tells apart the cosets of a
    // subgroup only. Never for prime p > 2.
    bool is_subgroup(Index k) const;
    static Index cosine_row(Index k) { return 2 * k - 1; }
    static Index sine_row(Index k) { return 2 * k; }
    static Index frequency_of_row(Index row) { return (row + 1) / 2; }
};

// Throws std::invalid_argument if p < 2. Cost: p^2 sines.
FourierBasis make_fourier_basis(Index p);

// 0 .. p-1
std::vector<Index> all_tokens(Index p);

// Functions of a token, in rows: values R x p, column = token; coefficients R x p, column = row of
// the basis. The two are inverse to each other and keep the sum of squares of every row.
// Cost: 2 R p^2 flops. Throw std::invalid_argument unless the matrix has p columns.
Mat<double> fourier_transform(const FourierBasis& basis, In<Mat<double>> values);
Mat<double> inverse_fourier_transform(const FourierBasis& basis, In<Mat<double>> coefficients);

// Functions of two tokens, in rows: grid R x p^2, column a p + b; coefficients R x p^2, column
// i p + j for row i of the basis along a and row j along b: F T F' of every function T(a, b).
// Cost: 4 R p^3 flops. Throw std::invalid_argument unless the matrix has p^2 columns.
Mat<double> fourier_transform_grid(const FourierBasis& basis, In<Mat<double>> grid);
Mat<double> inverse_fourier_transform_grid(const FourierBasis& basis, In<Mat<double>> coefficients);

// The squares of cosine and sine coefficients, added: coefficients R x p; result R x floor(p / 2),
// column k - 1. The constant row is left out.
Mat<double> frequency_energy(const FourierBasis& basis, In<Mat<double>> coefficients);

// Euclidean norms of the p rows of F W', where W (features x p, column = token) is an embedding
// table or the transpose of an output map: how strongly each wave is represented.
Vec<double> fourier_row_norms(const FourierBasis& basis, In<Mat<double>> table);
// The same with cosine and sine of a frequency joined: floor(p / 2), entry k - 1.
Vec<double> frequency_norms(const FourierBasis& basis, In<Mat<double>> table);

// Throws std::invalid_argument, beginning with `what`, unless all are in 1 .. floor(p / 2) and
// distinct.
void check_frequencies(const FourierBasis& basis, std::span<const Index> frequencies,
                       const char* what);

}  // namespace dualtape::analyses
