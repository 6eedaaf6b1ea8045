#pragma once
// Sums, differences, elementwise products, scaling, and the sum of squares.

#include "engine/ops/bases.h"

namespace dualtape::ops {

// y = a + sign * b. a: n x C. b: n x C, or fixed and repeated: n x 1 for every column, n x T for
// every sample of span T.
template <class Derived, int kSign>
struct SumOrDifference : Linear<Derived> {
    Shape shape(std::span<const Shape> in) const {
        const std::string shapes = in[0].text() + " and " + in[1].text();
        if (in[0].rows != in[1].rows) throw ShapeError{shapes, "rows must agree"};
        if (in[0].is_fixed && !in[1].is_fixed) {
            throw ShapeError{shapes, "a fixed first operand cannot meet a sample second one"};
        }
        const bool same = in[0].is_fixed == in[1].is_fixed && in[0].span == in[1].span;
        const bool repeats = in[1].is_fixed && (in[1].span == 1 || in[1].span == in[0].span);
        if (!same && !repeats) {
            throw ShapeError{shapes,
                             "the second operand must have the columns of the first, or be "
                             "fixed with one column or one per position"};
        }
        return in[0];
    }
    template <class Scalar>
    void apply(Frame<Scalar>&, int i, const ConstView<Scalar>& x, View<Scalar> y,
               bool adds) const noexcept {
        const Scalar sign(i == 0 ? 1 : kSign);
        if (x.cols() == y.cols()) {
            if (adds) {
                flat(y) += sign * flat(x);
            } else {
                flat(y) = sign * flat(x);
            }
            return;
        }
        for (Index c = 0; c < y.cols(); ++c) {
            const auto column = x.col(c % x.cols());
            if (adds) {
                y.col(c) += sign * column;
            } else {
                y.col(c) = sign * column;
            }
        }
    }
    template <class Scalar>
    void apply_transposed(Frame<Scalar>& frame, int i) const noexcept {
        const auto y_bar = frame.y_bar();
        const Scalar sign(i == 0 ? 1 : kSign);
        if (frame.columns(i) == y_bar.cols()) {
            frame.give_flat(i, sign * flat(y_bar));
            return;
        }
        auto sum = frame.accumulator(i);
        for (Index c = 0; c < y_bar.cols(); ++c) sum.col(c % sum.cols()) += sign * y_bar.col(c);
    }
};

struct Add : SumOrDifference<Add, 1> {
    static constexpr auto name = "add";
};
struct Sub : SumOrDifference<Sub, -1> {
    static constexpr auto name = "sub";
};

// y = a * b, elementwise; equal shapes.
struct Mul : Bilinear<Mul> {
    static constexpr auto name = "mul";

    Shape shape(std::span<const Shape> in) const {
        if (in[0].rows != in[1].rows || in[0].span != in[1].span ||
            in[0].is_fixed != in[1].is_fixed) {
            throw ShapeError{in[0].text() + " and " + in[1].text(), "shapes must agree"};
        }
        return in[0];
    }
    template <class Scalar>
    void apply(Frame<Scalar>&, const ConstView<Scalar>& a, const ConstView<Scalar>& b,
               View<Scalar> y, bool adds) const noexcept {
        if (adds) {
            flat(y) += flat(a) * flat(b);
        } else {
            flat(y) = flat(a) * flat(b);
        }
    }
    template <class Scalar>
    void left(Frame<Scalar>& frame, const ConstView<Scalar>& y_bar,
              const ConstView<Scalar>& b) const noexcept {
        frame.give_flat(0, flat(y_bar) * flat(b));
    }
    template <class Scalar>
    void right(Frame<Scalar>& frame, const ConstView<Scalar>& a,
               const ConstView<Scalar>& y_bar) const noexcept {
        frame.give_flat(1, flat(a) * flat(y_bar));
    }
};

// y = factor * x, a constant factor.
struct Scale : Linear<Scale> {
    static constexpr auto name = "scale";
    double factor = 1;

    Shape shape(std::span<const Shape> in) const { return in[0]; }
    template <class Scalar>
    void apply(Frame<Scalar>&, int, const ConstView<Scalar>& x, View<Scalar> y,
               bool) const noexcept {
        flat(y) = Scalar(factor) * flat(x);
    }
    template <class Scalar>
    void apply_transposed(Frame<Scalar>& frame, int) const noexcept {
        frame.give_flat(0, Scalar(factor) * flat(frame.y_bar()));
    }
};

// y = sum of x^2: over the whole of a fixed node (1 x 1), over the rows of a sample node (1 x C).
struct SumSquares {
    static constexpr auto name = "sum_squares";
    static constexpr bool needs_x = true, needs_y = false;

    Shape shape(std::span<const Shape> in) const {
        return {1, in[0].is_fixed ? 1 : in[0].span, in[0].is_fixed, false};
    }
    template <class Scalar>
    void value(Frame<Scalar>& frame) const noexcept {
        sum(frame, frame.x(0), frame.x(0), frame.y(), Scalar(1));
    }
    template <class Scalar>
    void push(Frame<Scalar>& frame) const noexcept {
        sum(frame, frame.x(0), frame.x_dot(0), frame.y_dot(), Scalar(2));
    }
    template <class Scalar>
    void pull(Frame<Scalar>& frame) const noexcept {
        give(frame, frame.x(0));
    }
    template <class Scalar>
    void bend(Frame<Scalar>& frame) const noexcept {
        give(frame, frame.x_dot(0));
    }
    template <class Scalar>
    Wide<Scalar> curvature(Frame<Scalar>& frame) const noexcept {
        const auto x_dot = frame.x_dot(0);
        const auto y_bar = frame.y_bar();
        Wide<Scalar> total(0);
        for (Index c = 0; c < x_dot.cols(); ++c) {
            const Wide<Scalar> weight(Scalar(2) * y_bar(0, y_bar.cols() == 1 ? 0 : c));
            total += weight * Wide<Scalar>((x_dot.col(c).array() * x_dot.col(c).array()).sum());
        }
        return total;
    }

  private:
    template <class Scalar>
    static void sum(Frame<Scalar>&, const ConstView<Scalar>& a, const ConstView<Scalar>& b,
                    View<Scalar> y, Scalar factor) noexcept {
        y.setZero();
        for (Index c = 0; c < a.cols(); ++c) {
            y(0, y.cols() == 1 ? 0 : c) += factor * (a.col(c).array() * b.col(c).array()).sum();
        }
    }
    // x_bar += 2 y_bar u
    template <class Scalar>
    static void give(Frame<Scalar>& frame, const ConstView<Scalar>& u) noexcept {
        const auto y_bar = frame.y_bar();
        auto target = frame.accumulator(0);
        for (Index c = 0; c < u.cols(); ++c) {
            target.col(c) += Scalar(2) * y_bar(0, y_bar.cols() == 1 ? 0 : c) * u.col(c);
        }
    }
};

}  // namespace dualtape::ops
