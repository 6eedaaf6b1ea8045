#pragma once
// Edits: affine interventions on a named activation, exact in every rule.

#include <span>
#include <vector>

#include "engine/core/plan.h"

namespace dualtape {

// y <- keep * (y - Q Q'y) + put at a tap of n rows; the matrix `remove` is Q.
//   keep, put  n x 1, or n x (columns of the node in the data; they follow Batch::select)
//   remove     n x r with orthonormal columns
// Empty matrices mean keep = 1, put = 0, no Q. Zeroing is keep = 0; a mean or a patch is keep = 0
// with put; a direction or Fourier component goes by remove.
template <class Scalar>
struct Edit {
    Node node = -1;
    Mat<Scalar> keep, put, remove;
};

// The edits of a workspace or a replay, applied in order.
template <class Scalar>
class EditList {
  public:
    EditList() = default;
    // Throws std::invalid_argument for nodes that are not taps or are parameters, and for shapes
    // that do not fit.
    EditList(const Plan<Scalar>& plan, std::vector<Edit<Scalar>> edits);

    bool is_empty() const { return edits_.empty(); }
    bool touches(Node node) const;
    std::vector<Node> nodes() const;
    // Throws when a matrix has neither one column nor one for every column of the data.
    void check_columns(const Plan<Scalar>& plan, Index data_samples) const;

    // Where the columns of a plane come from: column c belongs to sample c / span of the chunk.
    struct Columns {
        Index rows, columns, span;
        Index first_sample;             // of the chunk, in the batch
        const std::int32_t* selection;  // null: the batch is the data
        bool is_fixed;
        Index source(Index column) const {
            if (is_fixed) return column;
            const Index sample = first_sample + column / span;
            return (selection == nullptr ? sample : selection[sample]) * span + column % span;
        }
    };
    // Memory of the calling thread: one plane, and what products pack their operands into.
    struct Scratch {
        Scalar* plane;  // rows x columns
        std::span<std::byte> packing;
    };
    // y <- keep * (y - Q Q'y) + put, in place.
    void apply(Node node, Scalar* y, const Columns& columns, const Scratch& scratch) const;
    // The same without put: tangents.
    void apply_tangent(Node node, Scalar* y_dot, const Columns& columns,
                       const Scratch& scratch) const;
    // y_bar <- (I - Q Q')(keep * y_bar), edits in reverse order: adjoints, in place.
    void apply_transposed(Node node, Scalar* y_bar, const Columns& columns,
                          const Scratch& scratch) const;

  private:
    void apply_one(const Edit<Scalar>& edit, const Mat<Scalar>& minus_remove, Scalar* y,
                   const Columns& columns, const Scratch& scratch, bool puts) const;

    std::vector<Edit<Scalar>> edits_;
    std::vector<Mat<Scalar>> minus_remove_;  // -Q, so that a product can subtract
};

DUALTAPE_COMPILED(EditList)

}  // namespace dualtape
