#pragma once
// softmax over the rows of every column.

#include "engine/kernels/softmax.h"
#include "engine/ops/bases.h"

namespace dualtape::ops {

// y = softmax(x), per column. J(u) = y * (u - <y, u>) is symmetric:
//   push y_dot = J(x_dot);  pull x_bar += J(y_bar)
//   bend with e = J(x_dot): x_bar_dot += e * (y_bar - <y, y_bar>) - y * <e, y_bar>
struct Softmax {
    static constexpr auto name = "softmax";
    static constexpr bool needs_x = false, needs_y = true;

    Shape shape(std::span<const Shape> in) const { return in[0]; }
    template <class Scalar>
    void value(Frame<Scalar>& frame) const noexcept {
        auto y = frame.y();
        kernels::softmax(y.data(), frame.x(0).data(), y.rows(), y.cols());
    }
    template <class Scalar>
    void push(Frame<Scalar>& frame) const noexcept {
        auto y_dot = frame.y_dot();
        jacobian(frame.y_value(), frame.x_dot(0), y_dot);
    }
    template <class Scalar>
    void pull(Frame<Scalar>& frame) const noexcept {
        auto x_bar = frame.accumulator(0);
        const auto y = frame.y_value();
        const auto y_bar = frame.y_bar();
        for (Index c = 0; c < y.cols(); ++c) {
            const Scalar mean = inner(y, y_bar, c);
            for (Index j = 0; j < y.rows(); ++j) x_bar(j, c) += y(j, c) * (y_bar(j, c) - mean);
        }
    }
    template <class Scalar>
    void bend(Frame<Scalar>& frame) const noexcept {
        auto x_bar = frame.accumulator(0);
        const auto y = frame.y_value();
        const auto y_bar = frame.y_bar();
        const auto x_dot = frame.x_dot(0);
        for (Index c = 0; c < y.cols(); ++c) {
            const Scalar mean_bar = inner(y, y_bar, c), mean_dot = inner(y, x_dot, c);
            Scalar along(0);  // <e, y_bar>
            for (Index j = 0; j < y.rows(); ++j) {
                along += y(j, c) * (x_dot(j, c) - mean_dot) * y_bar(j, c);
            }
            for (Index j = 0; j < y.rows(); ++j) {
                const Scalar e = y(j, c) * (x_dot(j, c) - mean_dot);
                x_bar(j, c) += e * (y_bar(j, c) - mean_bar) - y(j, c) * along;
            }
        }
    }
    template <class Scalar>
    Wide<Scalar> curvature(Frame<Scalar>& frame) const noexcept {
        const auto y = frame.y_value();
        const auto y_bar = frame.y_bar();
        const auto x_dot = frame.x_dot(0);
        Wide<Scalar> total(0);
        for (Index c = 0; c < y.cols(); ++c) {
            const Scalar mean_bar = inner(y, y_bar, c), mean_dot = inner(y, x_dot, c);
            Wide<Scalar> sum(0), along(0);
            for (Index j = 0; j < y.rows(); ++j) {
                const Scalar e = y(j, c) * (x_dot(j, c) - mean_dot);
                sum += Wide<Scalar>(x_dot(j, c) * e * (y_bar(j, c) - mean_bar));
                along += Wide<Scalar>(e * y_bar(j, c));
            }
            total += sum - Wide<Scalar>(mean_dot) * along;
        }
        return total;
    }

  private:
    template <class Scalar>
    static Scalar inner(const ConstView<Scalar>& a, const ConstView<Scalar>& b, Index c) {
        return (a.col(c).array() * b.col(c).array()).sum();
    }
    template <class Scalar>
    static void jacobian(const ConstView<Scalar>& y, const ConstView<Scalar>& u,
                         View<Scalar> result) {
        for (Index c = 0; c < y.cols(); ++c) {
            const Scalar mean = inner(y, u, c);
            for (Index j = 0; j < y.rows(); ++j) result(j, c) = y(j, c) * (u(j, c) - mean);
        }
    }
};

}  // namespace dualtape::ops
