#pragma once
// What a rule sees of memory: views of the planes of one node and its inputs, in one chunk.

#include <array>
#include <span>
#include <vector>

#include "engine/core/check.h"
#include "engine/core/types.h"
#include "engine/kernels/gemm.h"

namespace dualtape {

// Every plane starts at a multiple of 64 bytes and is padded to one, so elementwise code runs over
// whole vector registers and an element's bits do not depend on where it stands.
inline constexpr std::size_t kPlaneAlignment = 64;

constexpr std::size_t padded_bytes(std::size_t bytes) {
    return (bytes + kPlaneAlignment - 1) / kPlaneAlignment * kPlaneAlignment;
}

template <class Scalar>
using View = Eigen::Map<Mat<Scalar>, Eigen::Aligned64>;
template <class Scalar>
using ConstView = Eigen::Map<const Mat<Scalar>, Eigen::Aligned64>;

// A plane as one array of padded length; the padding holds any numbers and nobody reads it back.
template <class Scalar>
using Flat = Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>, Eigen::Aligned64>;
template <class Scalar>
using ConstFlat = Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>, Eigen::Aligned64>;

template <class Scalar>
Index padded_size(Index rows, Index cols) {
    return static_cast<Index>(padded_bytes(static_cast<std::size_t>(rows * cols) * sizeof(Scalar)) /
                              sizeof(Scalar));
}
template <class Scalar>
ConstFlat<Scalar> flat(const ConstView<Scalar>& view) {
    return {view.data(), padded_size<Scalar>(view.rows(), view.cols())};
}
template <class Scalar>
Flat<Scalar> flat(const View<Scalar>& view) {
    return {const_cast<Scalar*>(view.data()), padded_size<Scalar>(view.rows(), view.cols())};
}

template <class Scalar>
kernels::Operand<Scalar> operand(const ConstView<Scalar>& view) {
    return {view.data(), view.rows(), view.cols(), false};
}
template <class Scalar>
kernels::Operand<Scalar> transposed(const ConstView<Scalar>& view) {
    return {view.data(), view.rows(), view.cols(), true};
}

inline constexpr int kMaxInputs = 16;

// The planes of one node as the current rule may use them.
template <class Scalar>
struct NodePlanes {
    Scalar* value = nullptr;  // or int32 tokens behind the same address
    Scalar* tangent = nullptr;
    Scalar* adjoint = nullptr;  // or the tangent of the adjoint
    Index rows = 0, columns = 0;
};

// A rule reads value and tangent of its inputs, and gives to their adjoints.
template <class Scalar>
struct FrameInput : NodePlanes<Scalar> {
    bool is_active = false;
    bool is_first = false;  // this rule is the first to write the adjoint plane
};

// One node in one chunk. The driver chooses which planes stand behind y_bar and give, so the same
// pull serves gradients and products.
template <class Scalar>
class Frame {
  public:
    static constexpr int kSaves = 4;

    // Sizes: columns of the output, samples of the chunk, columns per sample of the output, index
    // of the chunk's first output column in the batch.
    Index columns() const { return y_.columns; }
    Index samples() const { return samples_; }
    Index span() const { return span_; }
    Index first_column() const { return first_column_; }
    int inputs() const { return inputs_; }
    // 0: values only, 1: a gradient follows, 2: products follow.
    int order() const { return order_; }
    std::uint64_t seed() const { return seed_; }

    bool is_active(int i) const { return input_[i].is_active; }
    ConstView<Scalar> x(int i) const {
        return {input_[i].value, input_[i].rows, input_[i].columns};
    }
    const std::int32_t* tokens(int i) const {
        return reinterpret_cast<const std::int32_t*>(input_[i].value);
    }
    Index columns(int i) const { return input_[i].columns; }
    Index rows(int i) const { return input_[i].rows; }
    ConstView<Scalar> x_dot(int i) const {
        return {input_[i].tangent, input_[i].rows, input_[i].columns};
    }
    View<Scalar> y() const { return {y_.value, y_.rows, y_.columns}; }
    ConstView<Scalar> y_value() const { return {y_.value, y_.rows, y_.columns}; }
    View<Scalar> y_dot() const { return {y_.tangent, y_.rows, y_.columns}; }
    ConstView<Scalar> y_bar() const { return {y_.adjoint, y_.rows, y_.columns}; }

    template <class Element>
    Element* save(int part = 0) const {
        return reinterpret_cast<Element*>(save_[part]);
    }
    template <class Element>
    Element* lane_save(int part = 0) const {
        return reinterpret_cast<Element*>(lane_save_[part]);
    }

    // x_bar(i) = or += expression, by whether this is the plane's first write. give takes rows x
    // columns, give_flat an array of padded length, give_product a matrix product.
    template <class Expression>
    void give(int i, const Expression& expression) {
        View<Scalar> target = x_bar(i);
        if (input_[i].is_first) {
            target.array() = expression.array();
        } else {
            target.array() += expression.array();
        }
    }
    template <class Expression>
    void give_flat(int i, const Expression& expression) {
        Flat<Scalar> target = flat(x_bar(i));
        if (input_[i].is_first) {
            target = expression;
        } else {
            target += expression;
        }
    }
    void give_product(int i, kernels::Operand<Scalar> a, kernels::Operand<Scalar> b) {
        multiply(input_[i].adjoint, a, b, !input_[i].is_first);
    }
    // For rules that write a plane piece by piece: zeroes it on the first write; then add to it.
    View<Scalar> accumulator(int i) {
        if (input_[i].is_first) {
            x_bar(i).setZero();
            input_[i].is_first = false;
        }
        return x_bar(i);
    }
    View<Scalar> x_bar(int i) const {
        return {input_[i].adjoint, input_[i].rows, input_[i].columns};
    }
    bool is_first(int i) const { return input_[i].is_first; }

    // All products of rules pass here; the driver may ask for a list of them.
    void multiply(Scalar* c, kernels::Operand<Scalar> a, kernels::Operand<Scalar> b,
                  bool accumulate) {
        if (calls_ != nullptr) {
            calls_->push_back({a.transposed ? a.cols : a.rows, b.transposed ? b.rows : b.cols,
                               a.transposed ? a.rows : a.cols, a.transposed, b.transposed,
                               accumulate});
        }
        kernels::gemm(c, a, b, accumulate, packing_);
    }

  private:
    template <class>
    friend class Sweep;
    template <class>
    friend struct FrameBuilder;  // check_op builds frames by hand

    NodePlanes<Scalar> y_;
    std::array<FrameInput<Scalar>, kMaxInputs> input_;
    std::array<std::byte*, kSaves> save_{};
    std::array<std::byte*, kSaves> lane_save_{};
    std::vector<kernels::GemmCall>* calls_ = nullptr;
    std::span<std::byte> packing_;  // for products
    Index samples_ = 0, span_ = 1, first_column_ = 0;
    int inputs_ = 0, order_ = 0;
    std::uint64_t seed_ = 0;
};

}  // namespace dualtape
