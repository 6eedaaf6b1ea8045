#include "engine/curvature/parameter_indices.h"

#include <stdexcept>
#include <string>

namespace dualtape::curvature {

namespace {

template <class Scalar>
const ParameterSlice& find_slice(const Plan<Scalar>& plan, std::string_view name) {
    const Node node = plan.find(name);
    for (const ParameterSlice& slice : plan.parameters()) {
        if (slice.node == node) return slice;
    }
    throw std::invalid_argument("index set: \"" + std::string(name) + "\" is not a parameter");
}

// Row `row` of a column-major parameter.
template <class Scalar>
IndexSet row_indices(const Plan<Scalar>& plan, std::string_view name, Index row) {
    const ParameterSlice& slice = find_slice(plan, name);
    const Index rows = plan.node(slice.node).shape.rows;
    if (row < 0 || row >= rows) {
        throw std::invalid_argument("index set: row " + std::to_string(row) + " of \"" +
                                    std::string(name) + "\", which has " + std::to_string(rows));
    }
    IndexSet indices;
    for (Index i = row; i < slice.size; i += rows) indices.push_back(slice.offset + i);
    return indices;
}

}  // namespace

template <class Scalar>
IndexSet parameter_indices(const Plan<Scalar>& plan, std::string_view name) {
    std::vector<IndexSet> sets;
    const std::string prefix = std::string(name) + ".";
    for (const ParameterSlice& slice : plan.parameters()) {
        const std::string& known = plan.node(slice.node).name;
        if (known == name || known.compare(0, prefix.size(), prefix) == 0) {
            sets.push_back(index_range(slice.offset, slice.size));
        }
    }
    if (sets.empty()) find_slice(plan, name);  // throws
    return join(sets);
}

template <class Scalar>
IndexSet neuron_indices(const Plan<Scalar>& plan, std::string_view weight, std::string_view bias,
                        Index row) {
    std::vector<IndexSet> sets{row_indices(plan, weight, row)};
    if (!bias.empty()) sets.push_back(row_indices(plan, bias, row));
    return join(sets);
}

template IndexSet parameter_indices(const Plan<float>&, std::string_view);
template IndexSet parameter_indices(const Plan<double>&, std::string_view);
template IndexSet neuron_indices(const Plan<float>&, std::string_view, std::string_view, Index);
template IndexSet neuron_indices(const Plan<double>&, std::string_view, std::string_view, Index);

}  // namespace dualtape::curvature
