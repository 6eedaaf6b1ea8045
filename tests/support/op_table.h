#pragma once
// Rows of the op table as ops under test, in all three scalars.

#include "tests/support/op_list.h"

namespace dualtape::testing {

// The op that the builder of a row makes, with inputs as the slots say.
template <class Scalar>
std::shared_ptr<const Op<Scalar>> op_of(const OpRow<Scalar>& row) {
    Graph<Scalar> graph;
    std::vector<Var<Scalar>> inputs;
    for (const OpSlot& slot : row.inputs) {
        const std::string name = "input" + std::to_string(inputs.size());
        inputs.push_back(slot.is_fixed() ? graph.parameter(name, slot.rows, slot.span)
                         : slot.kind == OpSlot::Kind::tokens
                             ? graph.tokens(name, slot.span)
                             : graph.input(name, slot.rows, slot.span));
    }
    return graph.nodes().at(static_cast<std::size_t>(row.build(inputs).id)).op;
}

struct TableRow {
    std::string label;
    OpUnderTest op;
};

// Rows that such sizes do not admit (their builder throws) are left out.
std::vector<TableRow> table_rows(const OpSizes& sizes);

}  // namespace dualtape::testing
