#pragma once
// The contract of an op: shapes, declared facts, and the four rules value, push, pull, bend.

#include <array>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/frame.h"
#include "engine/core/types.h"

namespace dualtape {

// The shape of a node: rows x columns, where a fixed node (one that depends on parameters only)
// has `span` columns and a sample node has `span` columns for every sample.
struct Shape {
    Index rows = 0;
    Index span = 1;
    bool is_fixed = false;
    bool is_tokens = false;  // int32 columns instead of scalars, always one row

    Index columns(Index samples) const { return is_fixed ? span : span * samples; }
    std::string text() const {
        return std::to_string(rows) + "x" + std::to_string(span) + (is_fixed ? "" : " per sample");
    }
};

// Thrown by shape rules; Graph::add completes it to std::invalid_argument with names:
// "matmul: 128x64 times 32x256 (w2 * h1): inner sizes must agree".
struct ShapeError {
    std::string shapes;
    std::string rule;
};

// The rules a step of a schedule can run. curvature and sampled exist for products that do not
// need a whole sweep: the sum of <x_dot, bend(x_dot)>, and the Fisher with sampled labels.
enum class Rule { value, push, pull, bend, curvature, sampled };

// What an op declares about itself; decided at compile time of the op.
struct Facts {
    bool is_curved = true;  // false: no bend (linear ops and relu)
    bool needs_x = true;    // do push, pull or bend read the values of the inputs?
    bool needs_y = false;   // ... or the value of the output?
    bool is_loss = false;   // one loss per column; bend of input 0 is the loss Hessian
    bool is_view = false;   // the output has the memory of input 0 in another shape
};

using ActiveMask = std::uint32_t;  // bit i: input i carries a tangent or wants an adjoint

// One op behind the virtual interface; authors write plain structs, see engine/ops/bases.h.
//   value  y = f(x)                                  reads x, writes y and save
//   push   y_dot = f'(x) x_dot                       may write lane_save
//   pull   x_bar += f'(x)' y_bar                     also on dotted adjoints
//   bend   x_bar_dot += d/dt [f'(x + t x_dot)' y_bar] at t = 0, y_bar held fixed
// Rules are noexcept, never allocate, never read y_dot, and give to their inputs in order.
template <class Scalar>
class Op {
  public:
    virtual ~Op() = default;
    virtual std::string_view name() const = 0;
    virtual Facts facts() const = 0;
    // Shape of the output. Throws ShapeError when the inputs do not fit.
    virtual Shape shape(std::span<const Shape> inputs) const = 0;
    // Bytes per column of each array that the value rule (push rule) stores for later rules.
    virtual std::vector<std::size_t> save_bytes(std::span<const Shape> inputs) const = 0;
    virtual std::vector<std::size_t> lane_save_bytes(std::span<const Shape> inputs) const = 0;
    // The inputs that bend gives to when these are active: none where the op is linear in them.
    virtual ActiveMask bends(ActiveMask active) const = 0;
    bool is_curved(ActiveMask active) const { return bends(active) != 0; }
    // Flops of the matrix products of one rule on `columns` columns of the output.
    virtual double flops(Rule rule, std::span<const Shape> inputs, ActiveMask active,
                         Index columns) const = 0;
    // Inputs that are data and can never be differentiated (labels, targets, tokens).
    virtual bool is_data(int input) const = 0;
    // Tokens that the op reads must be in [0, limit).
    virtual Index token_limit(std::span<const Shape> inputs) const = 0;

    virtual void value(Frame<Scalar>& frame) const noexcept = 0;
    virtual void push(Frame<Scalar>& frame) const noexcept = 0;
    virtual void pull(Frame<Scalar>& frame) const noexcept = 0;
    virtual void bend(Frame<Scalar>& frame) const noexcept = 0;
    // <x_dot, bend(x_dot)> summed over the active inputs.
    virtual Wide<Scalar> curvature(Frame<Scalar>& frame) const noexcept = 0;
    // Losses only: x_bar_dot(0) = y_bar r <r, x_dot>, r the score of a label drawn per column.
    virtual void sampled(Frame<Scalar>& frame) const noexcept = 0;
};

// Wraps a struct of rules. Which of the optional members a struct has decides the defaults:
// no save, no lane save, no matrix products, no data inputs, curved as the facts say.
template <class Scalar, class Rules>
class OpAdapter final : public Op<Scalar> {
  public:
    explicit OpAdapter(Rules rules) : rules_(std::move(rules)) {}

    std::string_view name() const override { return Rules::name; }

    Facts facts() const override {
        Facts facts;
        if constexpr (requires { Rules::curved; }) facts.is_curved = Rules::curved;
        if constexpr (requires { Rules::needs_x; }) facts.needs_x = Rules::needs_x;
        if constexpr (requires { Rules::needs_y; }) facts.needs_y = Rules::needs_y;
        if constexpr (requires { Rules::is_loss; }) facts.is_loss = Rules::is_loss;
        if constexpr (requires { Rules::is_view; }) facts.is_view = Rules::is_view;
        return facts;
    }

    Shape shape(std::span<const Shape> inputs) const override { return rules_.shape(inputs); }

    std::vector<std::size_t> save_bytes(std::span<const Shape> inputs) const override {
        if constexpr (requires { rules_.template save_bytes<Scalar>(inputs); }) {
            return rules_.template save_bytes<Scalar>(inputs);
        } else {
            return {};
        }
    }

    std::vector<std::size_t> lane_save_bytes(std::span<const Shape> inputs) const override {
        if constexpr (requires { rules_.template lane_save_bytes<Scalar>(inputs); }) {
            return rules_.template lane_save_bytes<Scalar>(inputs);
        } else {
            return {};
        }
    }

    ActiveMask bends(ActiveMask active) const override {
        if constexpr (requires { rules_.bends(active); }) {
            return rules_.bends(active);
        } else {
            return facts().is_curved ? active : 0;
        }
    }

    double flops(Rule rule, std::span<const Shape> inputs, ActiveMask active,
                 Index columns) const override {
        if constexpr (requires { rules_.flops(rule, inputs, active, columns); }) {
            return rules_.flops(rule, inputs, active, columns);
        } else {
            return 0;
        }
    }

    bool is_data(int input) const override {
        if constexpr (requires { Rules::is_data(input); }) {
            return Rules::is_data(input);
        } else {
            return false;
        }
    }

    Index token_limit(std::span<const Shape> inputs) const override {
        if constexpr (requires { Rules::token_limit(inputs); }) {
            return Rules::token_limit(inputs);
        } else {
            return 0;
        }
    }

    void value(Frame<Scalar>& frame) const noexcept override { rules_.value(frame); }
    void push(Frame<Scalar>& frame) const noexcept override { rules_.push(frame); }
    void pull(Frame<Scalar>& frame) const noexcept override { rules_.pull(frame); }

    void bend(Frame<Scalar>& frame) const noexcept override {
        if constexpr (requires { rules_.bend(frame); }) rules_.bend(frame);
    }

    Wide<Scalar> curvature(Frame<Scalar>& frame) const noexcept override {
        if constexpr (requires { rules_.curvature(frame); }) {
            return rules_.curvature(frame);
        } else {
            return Wide<Scalar>(0);
        }
    }

    void sampled(Frame<Scalar>& frame) const noexcept override {
        if constexpr (requires { rules_.sampled(frame); }) rules_.sampled(frame);
    }

  private:
    Rules rules_;
};

}  // namespace dualtape
