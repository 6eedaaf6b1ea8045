#pragma once
// Moving rows and columns: concatenation, slices, positions and reshapes.

#include "engine/ops/bases.h"

namespace dualtape::ops {

// y = the inputs above one another; equal columns.
struct ConcatRows : Linear<ConcatRows> {
    static constexpr auto name = "concat_rows";
    static constexpr bool writes_parts = true;

    Shape shape(std::span<const Shape> in) const {
        Shape out = in[0];
        for (std::size_t i = 1; i < in.size(); ++i) {
            if (in[i].span != out.span || in[i].is_fixed != out.is_fixed) {
                throw ShapeError{in[0].text() + " above " + in[i].text(), "columns must agree"};
            }
            out.rows += in[i].rows;
        }
        return out;
    }
    template <class Scalar>
    void apply(Frame<Scalar>& frame, int i, const ConstView<Scalar>& x, View<Scalar> y,
               bool) const noexcept {
        y.middleRows(first_row(frame, i), x.rows()) = x;
    }
    template <class Scalar>
    void apply_transposed(Frame<Scalar>& frame, int i) const noexcept {
        frame.give(i, frame.y_bar().middleRows(first_row(frame, i), frame.rows(i)));
    }

  private:
    template <class Scalar>
    static Index first_row(const Frame<Scalar>& frame, int i) {
        Index row = 0;
        for (int j = 0; j < i; ++j) row += frame.rows(j);
        return row;
    }
};

// y = rows [begin, begin + count) of x.
struct SliceRows : Linear<SliceRows> {
    static constexpr auto name = "slice_rows";
    Index begin = 0, count = 0;

    Shape shape(std::span<const Shape> in) const {
        if (begin < 0 || count < 0 || begin + count > in[0].rows) {
            throw ShapeError{"rows " + std::to_string(begin) + ".." +
                                 std::to_string(begin + count) + " of " + in[0].text(),
                             "the slice must lie inside"};
        }
        return {count, in[0].span, in[0].is_fixed, false};
    }
    template <class Scalar>
    void apply(Frame<Scalar>&, int, const ConstView<Scalar>& x, View<Scalar> y,
               bool) const noexcept {
        y = x.middleRows(begin, count);
    }
    template <class Scalar>
    void apply_transposed(Frame<Scalar>& frame, int) const noexcept {
        frame.accumulator(0).middleRows(begin, count) += frame.y_bar();
    }
};

// y = column t of every sample (of a fixed node: its column t). x: n x T, y: n x 1 per sample.
struct Position : Linear<Position> {
    static constexpr auto name = "position";
    Index t = 0;

    Shape shape(std::span<const Shape> in) const {
        if (t < 0 || t >= in[0].span) {
            throw ShapeError{"position " + std::to_string(t) + " of " + in[0].text(),
                             "there is no such position"};
        }
        return {in[0].rows, 1, in[0].is_fixed, false};
    }
    template <class Scalar>
    void apply(Frame<Scalar>&, int, const ConstView<Scalar>& x, View<Scalar> y,
               bool) const noexcept {
        const Index span = x.cols() / std::max<Index>(y.cols(), 1);
        for (Index s = 0; s < y.cols(); ++s) y.col(s) = x.col(s * span + t);
    }
    template <class Scalar>
    void apply_transposed(Frame<Scalar>& frame, int) const noexcept {
        const auto y_bar = frame.y_bar();
        auto x_bar = frame.accumulator(0);
        const Index span = x_bar.cols() / std::max<Index>(y_bar.cols(), 1);
        for (Index s = 0; s < y_bar.cols(); ++s) x_bar.col(s * span + t) += y_bar.col(s);
    }
};

// y = the mean over the positions of every sample. x: n x T, y: n x 1 per sample.
struct MeanPositions : Linear<MeanPositions> {
    static constexpr auto name = "mean_positions";

    Shape shape(std::span<const Shape> in) const {
        if (in[0].span < 1) throw ShapeError{in[0].text(), "there must be a position"};
        return {in[0].rows, 1, in[0].is_fixed, false};
    }
    template <class Scalar>
    void apply(Frame<Scalar>&, int, const ConstView<Scalar>& x, View<Scalar> y,
               bool) const noexcept {
        const Index span = x.cols() / std::max<Index>(y.cols(), 1);
        const Scalar share = Scalar(1) / Scalar(static_cast<double>(span));
        y.setZero();
        for (Index c = 0; c < x.cols(); ++c) y.col(c / span) += share * x.col(c);
    }
    template <class Scalar>
    void apply_transposed(Frame<Scalar>& frame, int) const noexcept {
        const auto y_bar = frame.y_bar();
        auto x_bar = frame.accumulator(0);
        const Index span = x_bar.cols() / std::max<Index>(y_bar.cols(), 1);
        const Scalar share = Scalar(1) / Scalar(static_cast<double>(span));
        for (Index c = 0; c < x_bar.cols(); ++c) x_bar.col(c) += share * y_bar.col(c / span);
    }
};

// y = the same numbers as columns of `rows`: n x T becomes rows x (n T / rows) per sample. A view:
// columns are contiguous, so the plan lets y share the memory of x.
struct Reshape : Linear<Reshape> {
    static constexpr auto name = "reshape";
    static constexpr bool is_view = true;
    Index rows = 1;

    Shape shape(std::span<const Shape> in) const {
        const Index size = in[0].rows * in[0].span;
        if (rows < 1 || size % rows != 0) {
            throw ShapeError{in[0].text() + " to " + std::to_string(rows) + " rows",
                             "the rows must divide the numbers of a sample"};
        }
        return {rows, size / rows, in[0].is_fixed, false};
    }
    template <class Scalar>
    void apply(Frame<Scalar>&, int, const ConstView<Scalar>& x, View<Scalar> y,
               bool) const noexcept {
        flat(y) = flat(x);
    }
    template <class Scalar>
    void apply_transposed(Frame<Scalar>& frame, int) const noexcept {
        frame.give_flat(0, flat(frame.y_bar()));
    }
};

}  // namespace dualtape::ops
