#pragma once
// Elementwise activations: y = f(x), any shape.

#include "engine/kernels/activations.h"
#include "engine/ops/bases.h"

namespace dualtape::ops {

struct Tanh : Elementwise<Tanh> {
    static constexpr auto name = "tanh";
    static constexpr bool needs_x = false, needs_y = true;
    template <class Scalar>
    static void evaluate(Scalar* y, const Scalar* x, Index size) {
        kernels::tanh(y, x, size);
    }
    template <class X, class Y>
    static auto d1(const X&, const Y& y) {
        using Scalar = typename Y::Scalar;
        return Scalar(1) - y * y;
    }
    template <class X, class Y>
    static auto d2(const X&, const Y& y) {
        using Scalar = typename Y::Scalar;
        return Scalar(-2) * y * (Scalar(1) - y * y);
    }
};

struct Sigmoid : Elementwise<Sigmoid> {
    static constexpr auto name = "sigmoid";
    static constexpr bool needs_x = false, needs_y = true;
    template <class Scalar>
    static void evaluate(Scalar* y, const Scalar* x, Index size) {
        kernels::sigmoid(y, x, size);
    }
    template <class X, class Y>
    static auto d1(const X&, const Y& y) {
        using Scalar = typename Y::Scalar;
        return y * (Scalar(1) - y);
    }
    template <class X, class Y>
    static auto d2(const X&, const Y& y) {
        using Scalar = typename Y::Scalar;
        return y * (Scalar(1) - y) * (Scalar(1) - Scalar(2) * y);
    }
};

struct Square : Elementwise<Square> {
    static constexpr auto name = "square";
    static constexpr bool needs_x = true, needs_y = false;
    template <class Scalar>
    static void evaluate(Scalar* y, const Scalar* x, Index size) {
        for (Index i = 0; i < size; ++i) y[i] = x[i] * x[i];
    }
    template <class X, class Y>
    static auto d1(const X& x, const Y&) {
        return typename X::Scalar(2) * x;
    }
    template <class X, class Y>
    static auto d2(const X& x, const Y&) {
        return X::PlainObject::Constant(x.size(), typename X::Scalar(2));
    }
};

struct Exp : Elementwise<Exp> {
    static constexpr auto name = "exp";
    static constexpr bool needs_x = false, needs_y = true;
    template <class Scalar>
    static void evaluate(Scalar* y, const Scalar* x, Index size) {
        kernels::exp(y, x, size);
    }
    template <class X, class Y>
    static auto d1(const X&, const Y& y) {
        return y;
    }
    template <class X, class Y>
    static auto d2(const X&, const Y& y) {
        return y;
    }
};

// max(x, 0) with derivative 0 at 0. Piecewise linear: no bend; the Hessian of a relu network is
// that of the smooth piece. For complex x, the branch follows the real part.
struct Relu {
    static constexpr auto name = "relu";
    static constexpr bool curved = false, needs_x = false, needs_y = true;

    Shape shape(std::span<const Shape> in) const { return in[0]; }
    template <class Scalar>
    void value(Frame<Scalar>& frame) const noexcept {
        const auto x = frame.x(0);
        kernels::relu(frame.y().data(), x.data(), flat(x).size());
    }
    template <class Scalar>
    void push(Frame<Scalar>& frame) const noexcept {
        kernels::where_positive(frame.y_dot().data(), frame.y().data(), frame.x_dot(0).data(),
                                flat(frame.y()).size(), false);
    }
    template <class Scalar>
    void pull(Frame<Scalar>& frame) const noexcept {
        kernels::where_positive(frame.x_bar(0).data(), frame.y().data(), frame.y_bar().data(),
                                flat(frame.y()).size(), !frame.is_first(0));
    }
};

// x Phi(x) with the normal distribution function Phi: the exact (erf) form.
struct Gelu : SavedElementwise<Gelu> {
    static constexpr auto name = "gelu";
    template <class Scalar>
    static void evaluate(Scalar* y, Scalar* d1, Scalar* d2, const Scalar* x, Index size) {
        kernels::gelu(y, d1, d2, x, size);
    }
};

// x (1 + tanh(c (x + a x^3))) / 2, c = sqrt(2 / pi), a = 0.044715.
struct GeluTanh : SavedElementwise<GeluTanh> {
    static constexpr auto name = "gelu_tanh";
    template <class Scalar>
    static void evaluate(Scalar* y, Scalar* d1, Scalar* d2, const Scalar* x, Index size) {
        kernels::gelu_tanh(y, d1, d2, x, size);
    }
};

// x sigmoid(x).
struct Silu : SavedElementwise<Silu> {
    static constexpr auto name = "silu";
    template <class Scalar>
    static void evaluate(Scalar* y, Scalar* d1, Scalar* d2, const Scalar* x, Index size) {
        kernels::silu(y, d1, d2, x, size);
    }
};

}  // namespace dualtape::ops
