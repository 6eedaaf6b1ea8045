#pragma once
// Matrix products: matmul and the fused affine map.

#include "engine/ops/bases.h"

namespace dualtape::ops {

// Flops of a product per rule, given the flops of one: every active side costs one product in
// push and pull; bend costs two; curvature one; a value one.
inline double bilinear_flops(Rule rule, ActiveMask active, double one) {
    const int sides = static_cast<int>((active & 1U) + (active >> 1 & 1U));
    switch (rule) {
        case Rule::value:
            return one;
        case Rule::push:
        case Rule::pull:
            return sides * one;
        case Rule::bend:
            return sides == 2 ? 2 * one : 0;
        case Rule::curvature:
            return sides == 2 ? one : 0;
        case Rule::sampled:
            return 0;
    }
    return 0;
}

// y = op(A) op(B), A fixed: m x k. B: k x C, fixed or per sample; y: m x C. op transposes, which
// is possible when both are fixed.
struct Matmul : Bilinear<Matmul> {
    static constexpr auto name = "matmul";
    bool transposes_a = false, transposes_b = false;

    Shape shape(std::span<const Shape> in) const {
        const auto text = [](const Shape& s, bool t) {
            return t ? "(" + s.text() + ")'" : s.text();
        };
        const std::string shapes =
            text(in[0], transposes_a) + " times " + text(in[1], transposes_b);
        if (!in[0].is_fixed)
            throw ShapeError{shapes, "the left side must depend on parameters only"};
        if ((transposes_a || transposes_b) && !in[1].is_fixed) {
            throw ShapeError{shapes, "only products of two fixed nodes can be transposed"};
        }
        if (inner_a(in) != (transposes_b ? in[1].span : in[1].rows)) {
            throw ShapeError{shapes, "inner sizes must agree"};
        }
        return {transposes_a ? in[0].span : in[0].rows, transposes_b ? in[1].rows : in[1].span,
                in[1].is_fixed, false};
    }
    double flops(Rule rule, std::span<const Shape> in, ActiveMask active, Index columns) const {
        const Index rows = transposes_a ? in[0].span : in[0].rows;
        return bilinear_flops(rule, active,
                              2.0 * static_cast<double>(rows * inner_a(in) * columns));
    }

    template <class Scalar>
    void apply(Frame<Scalar>& frame, const ConstView<Scalar>& a, const ConstView<Scalar>& b,
               View<Scalar> y, bool adds) const noexcept {
        frame.multiply(y.data(), side(a, transposes_a), side(b, transposes_b), adds);
    }
    template <class Scalar>
    void left(Frame<Scalar>& frame, const ConstView<Scalar>& y_bar,
              const ConstView<Scalar>& b) const noexcept {
        if (transposes_a) {
            frame.give_product(0, side(b, transposes_b), side(y_bar, true));
        } else {
            frame.give_product(0, side(y_bar, false), side(b, !transposes_b));
        }
    }
    template <class Scalar>
    void right(Frame<Scalar>& frame, const ConstView<Scalar>& a,
               const ConstView<Scalar>& y_bar) const noexcept {
        if (transposes_b) {
            frame.give_product(1, side(y_bar, true), side(a, transposes_a));
        } else {
            frame.give_product(1, side(a, !transposes_a), side(y_bar, false));
        }
    }

  private:
    Index inner_a(std::span<const Shape> in) const {
        return transposes_a ? in[0].rows : in[0].span;
    }
    template <class Scalar>
    static kernels::Operand<Scalar> side(const ConstView<Scalar>& matrix, bool is_transposed) {
        return is_transposed ? transposed(matrix) : operand(matrix);
    }
};

// y = W x + b. W: m x k fixed; x: k x C, fixed or per sample; b: m x 1 fixed; y: m x C.
// Bilinear in (W, x), with push += b_dot and b_bar += row sums of y_bar; b has no bend.
struct Affine : Bilinear<Affine> {
    static constexpr auto name = "affine";

    Shape shape(std::span<const Shape> in) const {
        const std::string shapes =
            in[0].text() + " times " + in[1].text() + " plus " + in[2].text();
        if (!in[0].is_fixed || !in[2].is_fixed) {
            throw ShapeError{shapes, "weight and bias must depend on parameters only"};
        }
        if (in[0].span != in[1].rows) throw ShapeError{shapes, "inner sizes must agree"};
        if (in[2].rows != in[0].rows || in[2].span != 1) {
            throw ShapeError{shapes, "the bias must be a column as tall as the weight"};
        }
        return {in[0].rows, in[1].span, in[1].is_fixed, false};
    }
    double flops(Rule rule, std::span<const Shape> in, ActiveMask active, Index columns) const {
        return bilinear_flops(rule, active,
                              2.0 * static_cast<double>(in[0].rows * in[0].span * columns));
    }

    template <class Scalar>
    void apply(Frame<Scalar>& frame, const ConstView<Scalar>& w, const ConstView<Scalar>& x,
               View<Scalar> y, bool adds) const noexcept {
        frame.multiply(y.data(), operand(w), operand(x), adds);
    }
    template <class Scalar>
    void left(Frame<Scalar>& frame, const ConstView<Scalar>& y_bar,
              const ConstView<Scalar>& x) const noexcept {
        frame.give_product(0, operand(y_bar), transposed(x));
    }
    template <class Scalar>
    void right(Frame<Scalar>& frame, const ConstView<Scalar>& w,
               const ConstView<Scalar>& y_bar) const noexcept {
        frame.give_product(1, transposed(w), operand(y_bar));
    }
    template <class Scalar>
    void value(Frame<Scalar>& frame) const noexcept {
        fill_columns(frame.y(), frame.x(2));
        apply(frame, frame.x(0), frame.x(1), frame.y(), true);
    }
    template <class Scalar>
    void push(Frame<Scalar>& frame) const noexcept {
        const bool has_bias = frame.is_active(2);
        if (has_bias) fill_columns(frame.y_dot(), frame.x_dot(2));
        push_products(frame, has_bias);
    }
    template <class Scalar>
    void pull(Frame<Scalar>& frame) const noexcept {
        Bilinear<Affine>::pull(frame);
        if (!frame.is_active(2)) return;
        const auto y_bar = frame.y_bar();
        auto sum = frame.accumulator(2);
        for (Index c = 0; c < y_bar.cols(); ++c) sum.col(0) += y_bar.col(c);
    }

  private:
    template <class Scalar>
    static void fill_columns(View<Scalar> y, const ConstView<Scalar>& column) {
        for (Index c = 0; c < y.cols(); ++c) y.col(c) = column.col(0);
    }
};

}  // namespace dualtape::ops
