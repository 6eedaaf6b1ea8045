#include "engine/curvature/basis.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "engine/core/check.h"
#include "engine/core/parallel.h"
#include "engine/curvature/length.h"
#include "engine/kernels/random.h"

namespace dualtape::curvature {

namespace {

// Up to so many columns are multiplied one by one: a product of matrices copies the basis into
// another order first, which costs more than so few products. Tiles of rows stay in the cache from
// one column to the next.
constexpr Index kThin = 4, kTile = 256;

// body(first row, number of rows), from `row` on.
template <class Body>
void for_tiles(Index row, Index height, const Body& body) {
    for (Index top = 0; top < height; top += kTile) {
        body(row + top, std::min(kTile, height - top));
    }
}

}  // namespace

template <class Scalar>
Basis<Scalar>::Basis(Index rows, Index capacity, int threads)
    : columns_(rows, capacity), threads_(threads) {}

// body(slice, first row, number of rows), slices in any order.
template <class Scalar>
void Basis<Scalar>::for_slices(const std::function<void(Index, Index, Index)>& body) const {
    const Index slices = (rows() + kSlice - 1) / kSlice;
    parallel_for(threads_, slices, [&](Index slice, int) {
        body(slice, slice * kSlice, std::min<Index>(kSlice, rows() - slice * kSlice));
    });
}

template <class Scalar>
Mat<double> Basis<Scalar>::inner(In<Mat<Scalar>> w, Index first) const {
    const Index count = size_ - first;
    const auto slices = static_cast<std::size_t>((rows() + kSlice - 1) / kSlice);
    std::vector<Mat<Scalar>> parts(slices);
    for_slices([&](Index slice, Index row, Index height) {
        Mat<Scalar>& part = parts[static_cast<std::size_t>(slice)];
        if (w.cols() > kThin) {
            part.noalias() =
                columns_.block(row, first, height, count).transpose() * w.middleRows(row, height);
            return;
        }
        part.setZero(count, w.cols());
        for_tiles(row, height, [&](Index top, Index tall) {
            const auto tile = columns_.block(top, first, tall, count);
            for (Index c = 0; c < w.cols(); ++c) {
                part.col(c).noalias() += tile.transpose() * w.col(c).segment(top, tall);
            }
        });
    });
    Mat<double> sum = Mat<double>::Zero(count, w.cols());
    for (const Mat<Scalar>& part : parts) sum += part.template cast<double>();
    return sum;
}

template <class Scalar>
void Basis<Scalar>::subtract(Out<Mat<Scalar>> w, const Mat<double>& coefficients,
                             Index first) const {
    const Mat<Scalar> c = coefficients.template cast<Scalar>();
    for_slices([&](Index, Index row, Index height) {
        if (w.cols() > kThin) {
            w.middleRows(row, height).noalias() -= columns_.block(row, first, height, c.rows()) * c;
            return;
        }
        for_tiles(row, height, [&](Index top, Index tall) {
            const auto tile = columns_.block(top, first, tall, c.rows());
            for (Index i = 0; i < w.cols(); ++i) {
                w.col(i).segment(top, tall).noalias() -= tile * c.col(i);
            }
        });
    });
}

template <class Scalar>
Mat<double> Basis<Scalar>::project_out(Out<Mat<Scalar>> w, Index first) const {
    Mat<double> sum = Mat<double>::Zero(size_ - first, w.cols());
    for (int pass = 0; pass < 2 && size_ > first; ++pass) {
        const Mat<double> h = inner(w, first);
        subtract(w, h, first);
        sum += h;
    }
    return sum;
}

template <class Scalar>
Mat<double> Basis<Scalar>::append(Mat<Scalar> w, Index limit, double threshold, std::uint64_t seed,
                                  std::uint64_t& draw) {
    const Index first = size_, last = std::min(first + limit, capacity());
    Mat<double> r = Mat<double>::Zero(last - first, w.cols());
    Mat<Scalar> column(rows(), 1);
    for (Index c = 0; c < w.cols(); ++c) {
        column = w.col(c);
        const double before = length(column);
        r.col(c).head(size_ - first) = project_out(column, first);
        const double after = length(column);
        if (size_ == last || !(after > threshold)) continue;
        column /= static_cast<Scalar>(after);
        if (after < 0.01 * before) {  // what is left is orthogonal to its own precision only
            project_out(column);
            const double left = length(column);
            if (!(left > 0.01)) continue;
            column /= static_cast<Scalar>(left);
        }
        r(size_ - first, c) = after;
        columns_.col(size_++) = column;
    }
    while (size_ < last) {
        kernels::Stream(seed, "probes", draw++).fill_normal(column.data(), rows());
        column /= static_cast<Scalar>(length(column));
        project_out(column);
        const double after = length(column);
        if (after < 1e-6) continue;
        column /= static_cast<Scalar>(after);
        project_out(column);
        columns_.col(size_++) = column / static_cast<Scalar>(length(column));
    }
    return r;
}

template <class Scalar>
void Basis<Scalar>::rotate(Index first, const Mat<double>& s, Index last) {
    const Mat<Scalar> rotation = s.template cast<Scalar>();
    for_slices([&](Index, Index row, Index height) {
        const Mat<Scalar> kept = columns_.block(row, first, height, s.rows()) * rotation;
        const Mat<Scalar> tail = columns_.block(row, first + s.rows(), height, last);
        columns_.block(row, first, height, s.cols()) = kept;
        columns_.block(row, first + s.cols(), height, last) = tail;
    });
    size_ = first + s.cols() + last;
}

template <class Scalar>
double Basis<Scalar>::orthogonality_error() const {
    const Mat<double> gram = inner(columns_.leftCols(size_), 0);
    return (gram - Mat<double>::Identity(size_, size_)).cwiseAbs().maxCoeff();
}

template <class Scalar>
void Basis<Scalar>::reorthonormalise() {
    const Mat<Scalar> old = columns_.leftCols(size_);
    const Index count = size_;
    size_ = 0;
    std::uint64_t draw = 0;
    append(old, count, 0, 0, draw);
}

template <class Scalar>
Mat<Scalar> Basis<Scalar>::combine(Index first, const Mat<double>& s) const {
    const Mat<Scalar> rotation = s.template cast<Scalar>();
    Mat<Scalar> result(rows(), s.cols());
    for_slices([&](Index, Index row, Index height) {
        result.middleRows(row, height).noalias() =
            columns_.block(row, first, height, s.rows()) * rotation;
    });
    return result;
}

template class Basis<float>;
template class Basis<double>;

}  // namespace dualtape::curvature
