#include "engine/core/edit.h"

#include <algorithm>
#include <stdexcept>

#include "engine/kernels/gemm.h"

namespace dualtape {

namespace {

template <class Scalar>
void project_out(const Mat<Scalar>& remove, const Mat<Scalar>& minus_remove, Scalar* y,
                 Index columns, const typename EditList<Scalar>::Scratch& scratch) {
    if (remove.size() == 0) return;
    const Index rows = remove.rows(), rank = remove.cols();
    kernels::gemm<Scalar>(scratch.plane, {remove.data(), rows, rank, true},
                          {y, rows, columns, false}, false, scratch.packing);
    kernels::gemm<Scalar>(y, {minus_remove.data(), rows, rank, false},
                          {scratch.plane, rank, columns, false}, true, scratch.packing);
}

template <class Scalar>
void scale(const Mat<Scalar>& keep, Scalar* y, const typename EditList<Scalar>::Columns& columns) {
    if (keep.size() == 0) return;
    for (Index c = 0; c < columns.columns; ++c) {
        const Scalar* factor =
            keep.data() + (keep.cols() == 1 ? 0 : columns.source(c) * keep.rows());
        for (Index r = 0; r < columns.rows; ++r) y[c * columns.rows + r] *= factor[r];
    }
}

}  // namespace

template <class Scalar>
EditList<Scalar>::EditList(const Plan<Scalar>& plan, std::vector<Edit<Scalar>> edits)
    : edits_(std::move(edits)) {
    for (const Edit<Scalar>& edit : edits_) {
        if (edit.node < 0 || edit.node >= plan.size()) {
            throw std::invalid_argument("edit: node " + std::to_string(edit.node) +
                                        " does not exist; ask Model::node for it");
        }
        const auto& node = plan.node(edit.node);
        const std::string label = plan.label(edit.node);
        if (node.kind == NodeKind::parameter) {
            throw std::invalid_argument("edit: " + label + " is a parameter; change theta instead");
        }
        if (!node.is_tap || node.shape.is_tokens) {
            throw std::invalid_argument("edit: " + label + " is not in Options::taps");
        }
        for (const Mat<Scalar>* matrix : {&edit.keep, &edit.put, &edit.remove}) {
            if (matrix->size() != 0 && matrix->rows() != node.shape.rows) {
                throw std::invalid_argument(
                    "edit: " + label + " has " + std::to_string(node.shape.rows) +
                    " rows, a matrix of its edit has " + std::to_string(matrix->rows()));
            }
        }
        if (edit.remove.cols() > edit.remove.rows()) {
            throw std::invalid_argument("edit: " + label + ": remove has more columns than rows");
        }
        minus_remove_.push_back(-edit.remove);
    }
}

template <class Scalar>
bool EditList<Scalar>::touches(Node node) const {
    return std::any_of(edits_.begin(), edits_.end(), [&](const auto& e) { return e.node == node; });
}

template <class Scalar>
std::vector<Node> EditList<Scalar>::nodes() const {
    std::vector<Node> nodes;
    for (const Edit<Scalar>& edit : edits_) nodes.push_back(edit.node);
    return nodes;
}

template <class Scalar>
void EditList<Scalar>::check_columns(const Plan<Scalar>& plan, Index data_samples) const {
    for (const Edit<Scalar>& edit : edits_) {
        const Shape shape = plan.node(edit.node).shape;
        const Index columns = shape.columns(data_samples);
        for (const Mat<Scalar>* matrix : {&edit.keep, &edit.put}) {
            if (matrix->size() == 0 || matrix->cols() == 1 || matrix->cols() == columns) continue;
            throw std::invalid_argument("edit: " + plan.label(edit.node) + " has " +
                                        std::to_string(columns) + " columns, its edit has " +
                                        std::to_string(matrix->cols()) + "; give 1 or all");
        }
    }
}

template <class Scalar>
void EditList<Scalar>::apply_one(const Edit<Scalar>& edit, const Mat<Scalar>& minus_remove,
                                 Scalar* y, const Columns& columns, const Scratch& scratch,
                                 bool puts) const {
    project_out(edit.remove, minus_remove, y, columns.columns, scratch);
    scale(edit.keep, y, columns);
    if (!puts || edit.put.size() == 0) return;
    for (Index c = 0; c < columns.columns; ++c) {
        const Scalar* put =
            edit.put.data() + (edit.put.cols() == 1 ? 0 : columns.source(c) * columns.rows);
        for (Index r = 0; r < columns.rows; ++r) y[c * columns.rows + r] += put[r];
    }
}

template <class Scalar>
void EditList<Scalar>::apply(Node node, Scalar* y, const Columns& columns,
                             const Scratch& scratch) const {
    for (std::size_t i = 0; i < edits_.size(); ++i) {
        if (edits_[i].node == node) {
            apply_one(edits_[i], minus_remove_[i], y, columns, scratch, true);
        }
    }
}

template <class Scalar>
void EditList<Scalar>::apply_tangent(Node node, Scalar* y_dot, const Columns& columns,
                                     const Scratch& scratch) const {
    for (std::size_t i = 0; i < edits_.size(); ++i) {
        if (edits_[i].node == node) {
            apply_one(edits_[i], minus_remove_[i], y_dot, columns, scratch, false);
        }
    }
}

template <class Scalar>
void EditList<Scalar>::apply_transposed(Node node, Scalar* y_bar, const Columns& columns,
                                        const Scratch& scratch) const {
    for (std::size_t i = edits_.size(); i-- > 0;) {
        if (edits_[i].node != node) continue;
        scale(edits_[i].keep, y_bar, columns);
        project_out(edits_[i].remove, minus_remove_[i], y_bar, columns.columns, scratch);
    }
}

#define DUALTAPE_EDIT(Scalar) template class EditList<Scalar>;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_EDIT)

}  // namespace dualtape
