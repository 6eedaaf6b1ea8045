#pragma once
// Bases from which most ops derive their four rules: linear, bilinear and elementwise ops.
//
// An op is a plain struct with member templates over Frame<Scalar>; see engine/core/op.h for the
// contract, engine/README.md for a worked example. CRTP keeps each op to its formulas.

#include "engine/core/op.h"

namespace dualtape::ops {

// y is linear in every input (or in the first `linear_inputs` of them). The author supplies
//   apply(frame, i, x, y, adds)      y = or += the contribution of input i
//   apply_transposed(frame, i)       gives input i its share of y_bar
// value = push = the sum of apply; pull = apply_transposed; no bend. With writes_parts an input
// covers only a part of y, which is zeroed first when some inputs carry no tangent.
template <class Derived>
struct Linear {
    static constexpr bool curved = false, needs_x = false, needs_y = false;
    static constexpr bool writes_parts = false;
    static constexpr int linear_inputs = kMaxInputs;

    template <class Scalar>
    void value(Frame<Scalar>& frame) const noexcept {
        for (int i = 0; i < count(frame); ++i) {
            self().apply(frame, i, frame.x(i), frame.y(), i > 0);
        }
    }
    template <class Scalar>
    void push(Frame<Scalar>& frame) const noexcept {
        bool adds = false;
        if constexpr (Derived::writes_parts) frame.y_dot().setZero();
        for (int i = 0; i < count(frame); ++i) {
            if (!frame.is_active(i)) continue;
            self().apply(frame, i, frame.x_dot(i), frame.y_dot(), adds);
            adds = true;
        }
    }
    template <class Scalar>
    void pull(Frame<Scalar>& frame) const noexcept {
        for (int i = 0; i < count(frame); ++i) {
            if (frame.is_active(i)) self().apply_transposed(frame, i);
        }
    }

  private:
    const Derived& self() const { return static_cast<const Derived&>(*this); }
    template <class Scalar>
    static int count(const Frame<Scalar>& frame) {
        return std::min(frame.inputs(), Derived::linear_inputs);
    }
};

// y is linear in each of inputs 0 and 1 (a and b) with the other held. The author supplies
//   apply(frame, a, b, y, adds)   y = or += a times b
//   left(frame, y_bar, b)         gives input 0 its share;  right(frame, a, y_bar) gives input 1
// With d/dt along (a_dot, b_dot): push a_dot b + a b_dot; bend left(y_bar, b_dot),
// right(a_dot, y_bar); curvature 2 <y_bar, apply(a_dot, b_dot)>. With one inactive side the op is
// linear, so it bends only when both are active.
template <class Derived>
struct Bilinear {
    static constexpr bool needs_x = true, needs_y = false;

    ActiveMask bends(ActiveMask active) const { return (active & 3U) == 3U ? 3U : 0U; }

    template <class Scalar>
    void value(Frame<Scalar>& frame) const noexcept {
        self().apply(frame, frame.x(0), frame.x(1), frame.y(), false);
    }
    template <class Scalar>
    void push(Frame<Scalar>& frame) const noexcept {
        push_products(frame, false);
    }
    template <class Scalar>
    void pull(Frame<Scalar>& frame) const noexcept {
        if (frame.is_active(0)) self().left(frame, frame.y_bar(), frame.x(1));
        if (frame.is_active(1)) self().right(frame, frame.x(0), frame.y_bar());
    }
    template <class Scalar>
    void bend(Frame<Scalar>& frame) const noexcept {
        self().left(frame, frame.y_bar(), frame.x_dot(1));
        self().right(frame, frame.x_dot(0), frame.y_bar());
    }
    // Uses y_dot as scratch: curvature runs before push.
    template <class Scalar>
    Wide<Scalar> curvature(Frame<Scalar>& frame) const noexcept {
        self().apply(frame, frame.x_dot(0), frame.x_dot(1), frame.y_dot(), false);
        const auto y_bar = frame.y_bar();
        const auto product = frame.y_dot();
        Wide<Scalar> sum(0);
        for (Index c = 0; c < y_bar.cols(); ++c) {
            sum += Wide<Scalar>((y_bar.col(c).array() * product.col(c).array()).sum());
        }
        return Wide<Scalar>(2) * sum;
    }

  protected:
    template <class Scalar>
    void push_products(Frame<Scalar>& frame, bool adds) const noexcept {
        if (frame.is_active(0)) {
            self().apply(frame, frame.x_dot(0), frame.x(1), frame.y_dot(), adds);
        }
        if (frame.is_active(1)) {
            self().apply(frame, frame.x(0), frame.x_dot(1), frame.y_dot(),
                         adds || frame.is_active(0));
        }
    }

  private:
    const Derived& self() const { return static_cast<const Derived&>(*this); }
};

// y = f(x) element by element. The author supplies evaluate(y, x, size) over padded arrays, and
// expressions d1(x, y), d2(x, y) of the arrays that needs_x and needs_y name.
//   push y_dot = f' x_dot;  pull x_bar += f' y_bar;  bend x_bar_dot += f'' y_bar x_dot
template <class Derived>
struct Elementwise {
    Shape shape(std::span<const Shape> inputs) const { return inputs[0]; }

    template <class Scalar>
    void value(Frame<Scalar>& frame) const noexcept {
        Derived::evaluate(frame.y().data(), frame.x(0).data(), flat(frame.y()).size());
    }
    template <class Scalar>
    void push(Frame<Scalar>& frame) const noexcept {
        flat(frame.y_dot()) = d1(frame) * flat(frame.x_dot(0));
    }
    template <class Scalar>
    void pull(Frame<Scalar>& frame) const noexcept {
        frame.give_flat(0, d1(frame) * flat(frame.y_bar()));
    }
    template <class Scalar>
    void bend(Frame<Scalar>& frame) const noexcept {
        frame.give_flat(0, d2(frame) * flat(frame.y_bar()) * flat(frame.x_dot(0)));
    }
    template <class Scalar>
    Wide<Scalar> curvature(Frame<Scalar>& frame) const noexcept {
        const auto x_dot = flat(frame.x_dot(0));
        const Index size = frame.y().size();  // the padding stays out of the sum
        return (d2(frame) * flat(frame.y_bar()) * x_dot * x_dot)
            .head(size)
            .template cast<Wide<Scalar>>()
            .sum();
    }

  private:
    template <class Scalar>
    static auto d1(const Frame<Scalar>& frame) {
        return Derived::d1(flat(frame.x(0)), flat(frame.y_value()));
    }
    template <class Scalar>
    static auto d2(const Frame<Scalar>& frame) {
        return Derived::d2(flat(frame.x(0)), flat(frame.y_value()));
    }
};

// The same for functions whose derivatives are cheapest together with the value: evaluate(y, d1,
// d2, x, size) also stores f' and f'' (either null when no rule will read it).
template <class Derived>
struct SavedElementwise {
    static constexpr bool needs_x = false, needs_y = false;

    Shape shape(std::span<const Shape> inputs) const { return inputs[0]; }
    template <class Scalar>
    std::vector<std::size_t> save_bytes(std::span<const Shape> inputs) const {
        const std::size_t bytes = static_cast<std::size_t>(inputs[0].rows) * sizeof(Scalar);
        return {bytes, bytes};
    }
    template <class Scalar>
    void value(Frame<Scalar>& frame) const noexcept {
        Derived::evaluate(frame.y().data(),
                          frame.order() >= 1 ? frame.template save<Scalar>(0) : nullptr,
                          frame.order() >= 2 ? frame.template save<Scalar>(1) : nullptr,
                          frame.x(0).data(), flat(frame.y()).size());
    }
    template <class Scalar>
    void push(Frame<Scalar>& frame) const noexcept {
        flat(frame.y_dot()) = saved(frame, 0) * flat(frame.x_dot(0));
    }
    template <class Scalar>
    void pull(Frame<Scalar>& frame) const noexcept {
        frame.give_flat(0, saved(frame, 0) * flat(frame.y_bar()));
    }
    template <class Scalar>
    void bend(Frame<Scalar>& frame) const noexcept {
        frame.give_flat(0, saved(frame, 1) * flat(frame.y_bar()) * flat(frame.x_dot(0)));
    }
    template <class Scalar>
    Wide<Scalar> curvature(Frame<Scalar>& frame) const noexcept {
        const auto x_dot = flat(frame.x_dot(0));
        return (saved(frame, 1) * flat(frame.y_bar()) * x_dot * x_dot)
            .head(frame.y().size())
            .template cast<Wide<Scalar>>()
            .sum();
    }

  private:
    template <class Scalar>
    static ConstFlat<Scalar> saved(const Frame<Scalar>& frame, int part) {
        return {frame.template save<Scalar>(part), flat(frame.y()).size()};
    }
};

}  // namespace dualtape::ops
