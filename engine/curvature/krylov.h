#pragma once
// A block Krylov space with its Ritz pairs, which can be restarted: what lanczos() iterates on.

#include <cstdint>
#include <vector>

#include "engine/curvature/basis.h"
#include "engine/curvature/operator.h"

namespace dualtape::curvature {

// How many pairs are wanted at each end, or by modulus.
struct Wanted {
    Index largest = 0, smallest = 0, magnitude = 0;
    Index all() const { return largest + smallest + magnitude; }
};

// Indices into ascending values, most wanted first: largest ones, then smallest ones.
std::vector<Index> choose(const Vec<double>& values, const Wanted& wanted);

struct KrylovSettings {
    Index block = 2;   // columns multiplied at once
    Index limit = 64;  // columns kept, at least wanted + 2 block
    Index locked = 0;  // capacity for locked vectors
    std::uint64_t seed = 0;
    int threads = 1;
};

// span{X, A X, A^2 X, ...} with an orthonormal basis, orthogonal to locked eigenvectors, and A
// projected on it. Order of calls: begin, then expand and project; restart when it is full.
// Source: Wu & Simon 2000 (thick restart); Grimes, Lewis & Simon 1994 (blocks).
template <class Scalar>
class Krylov {
  public:
    // The matrix must outlive it.
    Krylov(const Operator<Scalar>& matrix, const KrylovSettings& settings);

    // An empty space beside the locked vectors (P x any, orthonormal). The first block are mixtures
    // of the start vectors (P x any), or random when there are none.
    void begin(const Mat<Scalar>& locked, const Mat<Scalar>& start);
    // One block product; the basis grows by a block. False if the product is not finite.
    // Cost: 4 (locked + size) P flops a column beside the product.
    bool expand();
    // Ritz pairs of the whole space, from a dense eigenproblem of its size.
    void project();
    // Shrinks the space to the wanted Ritz vectors and as many of the others, at either end, as
    // promise the fastest convergence; the last block stays, so it goes on as a Krylov space.
    void restart(const Wanted& wanted);

    bool is_full() const { return size_ + width_ > settings_.limit || is_complete(); }
    bool is_complete() const { return width_ == 0; }  // the basis spans the whole space
    Index size() const { return size_; }

    // After project or restart. Residuals |A y - value y| are estimates from the recurrence.
    const Vec<double>& values() const { return values_; }  // ascending
    const Vec<double>& residuals() const { return residuals_; }
    Mat<Scalar> vectors(const std::vector<Index>& chosen) const;
    // Bound of |X'v|^2, X the first block, for every unit eigenvector v with a value x or further
    // out, above the spectrum's rest or below it, that is orthogonal to the locked vectors and to
    // the Ritz vectors from `from` to `to`, an end of values(). With theta_i, s_i the other Ritz
    // pairs in the coordinates of the basis Q, F and E their first and last rows, and
    // A Q = Q T + N C E', w = Q'v and q = N'v:
    //   w = sum_i s_i (C E s_i)'q / (x - theta_i),  |w|^2 + |q|^2 <= 1,
    // so |X'v|^2 is at most the largest eigenvalue of M (1 + G)^-1 M' with
    //   M = sum_i (F s_i)(C E s_i)' / (x - theta_i),  G = sum_i (C E s_i)(C E s_i)' / (x -
    //   theta_i)^2.
    // It falls as the Chebyshev polynomial of the space's degree grows at x. 1 after a restart, and
    // where x lies among the other Ritz values.
    // Source: the Christoffel function of a block measure; Golub & Meurant 2010, ch. 4.
    double hidden_weight(double x, Index from, Index to) const;
    // What every eigenvector orthogonal to the locked ones holds of the first block, but for a
    // probability of 1e-3 each: |X'v|^2 of random vectors X is distributed as chi^2 / rows, and
    //   P(chi^2 < z) <= (z / 2)^(block / 2) / Gamma(block / 2 + 1).
    double least_weight() const;

    // Over all spaces since construction.
    Index products() const { return products_; }
    Index restarts() const { return restarts_; }
    double norm() const { return norm_; }  // estimate of |A|

  private:
    Wanted to_keep(const Wanted& wanted) const;

    // 2e-13 was measured after 400 restarts in double.
    static constexpr double kOrthogonality = sizeof(Scalar) == 8 ? 1e-12 : 1e-4;

    const Operator<Scalar>& matrix_;
    KrylovSettings settings_;
    Basis<Scalar> basis_;  // locked | Krylov | next block
    Mat<double> t_;        // the matrix in the Krylov basis
    Mat<double> coupling_;
    Vec<double> values_, residuals_;
    Mat<double> rotation_;
    Index locked_ = 0, size_ = 0, width_ = 0;
    Index first_width_ = 0;
    bool is_whole_ = true;  // the first block is still part of the basis
    Index products_ = 0, restarts_ = 0;
    double norm_ = 0;
    std::uint64_t draw_ = 0;
};

extern template class Krylov<float>;
extern template class Krylov<double>;

}  // namespace dualtape::curvature
