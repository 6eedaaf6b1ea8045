#pragma once
// Orthonormal columns of length P: projections and rotations in fixed slices of rows.

#include <cstdint>
#include <functional>

#include "engine/core/types.h"

namespace dualtape::curvature {

// Columns [0, size) of a P x capacity matrix are orthonormal. Sums over rows run over slices of
// 4096 rows that are added in order, so the bits do not depend on the number of threads.
template <class Scalar>
class Basis {
  public:
    Basis(Index rows, Index capacity, int threads);

    Index rows() const { return columns_.rows(); }
    Index size() const { return size_; }
    Index capacity() const { return columns_.cols(); }
    auto block(Index first, Index count) const { return columns_.middleCols(first, count); }

    // Q'w over the columns of Q from `first` on, (size - first) x w.cols().
    Mat<double> inner(In<Mat<Scalar>> w, Index first = 0) const;

    // w <- (I - Q Q') w over the columns of Q from `first` on, by classical Gram-Schmidt twice.
    // Returns Q'w, (size - first) x w.cols(), the sum of both passes.
    Mat<double> project_out(Out<Mat<Scalar>> w, Index first = 0) const;

    // Appends orthonormal columns spanning w, whose columns must be projected out already: at most
    // `limit` of them. Directions of norm <= threshold do not count, nor does rounding that loses
    // its length when it is projected out again; missing columns are filled from the random stream
    // (seed, "probes", draw), draw counting up. Returns R, appended x w.cols(), with
    // w = appended * R; rows of filled columns are zero.
    Mat<double> append(Mat<Scalar> w, Index limit, double threshold, std::uint64_t seed,
                       std::uint64_t& draw);

    // Appends one unit column that is orthogonal to the others already.
    void append_unit(In<Mat<Scalar>> column) { columns_.col(size_++) = column; }

    // The s.rows() columns from `first` on become their combinations Q S, s.cols() of them; the
    // `last` columns after them follow. The size becomes first + s.cols() + last.
    void rotate(Index first, const Mat<double>& s, Index last);

    // max |Q'Q - I|; and Gram-Schmidt over again.
    double orthogonality_error() const;
    void reorthonormalise();

    // The s.rows() columns from `first` on times S, P x s.cols().
    Mat<Scalar> combine(Index first, const Mat<double>& s) const;
    void clear() { size_ = 0; }

  private:
    static constexpr Index kSlice = 4096;
    void subtract(Out<Mat<Scalar>> w, const Mat<double>& coefficients, Index first) const;
    void for_slices(const std::function<void(Index, Index, Index)>& body) const;

    Mat<Scalar> columns_;
    Index size_ = 0;
    int threads_;
};

extern template class Basis<float>;
extern template class Basis<double>;

}  // namespace dualtape::curvature
