#pragma once
// gather: columns of a fixed node by tokens (embedding lookup).

#include "engine/ops/bases.h"

namespace dualtape::ops {

// y.col(c) = table.col(tokens[c]). table: n x p fixed; tokens: T per sample; y: n x T per sample.
// The transpose scatters in column order, so its bits do not depend on threads.
struct Gather : Linear<Gather> {
    static constexpr auto name = "gather";
    static constexpr int linear_inputs = 1;
    static bool is_data(int input) { return input == 1; }
    static Index token_limit(std::span<const Shape> in) { return in[0].span; }

    Shape shape(std::span<const Shape> in) const {
        const std::string shapes = in[0].text() + " by " + in[1].text();
        if (!in[0].is_fixed) throw ShapeError{shapes, "the table must depend on parameters only"};
        if (!in[1].is_tokens) throw ShapeError{shapes, "the second input must be tokens"};
        return {in[0].rows, in[1].span, false, false};
    }
    template <class Scalar>
    void apply(Frame<Scalar>& frame, int, const ConstView<Scalar>& table, View<Scalar> y,
               bool) const noexcept {
        const std::int32_t* tokens = frame.tokens(1);
        for (Index c = 0; c < y.cols(); ++c) y.col(c) = table.col(tokens[c]);
    }
    template <class Scalar>
    void apply_transposed(Frame<Scalar>& frame, int) const noexcept {
        const std::int32_t* tokens = frame.tokens(1);
        const auto y_bar = frame.y_bar();
        auto table_bar = frame.accumulator(0);
        for (Index c = 0; c < y_bar.cols(); ++c) table_bar.col(tokens[c]) += y_bar.col(c);
    }
};

}  // namespace dualtape::ops
