#pragma once
// Index sets by name: a parameter, the parameters of a layer, one neuron.

#include <string_view>

#include "engine/core/plan.h"
#include "engine/curvature/index_set.h"

namespace dualtape::curvature {

// The entries of the parameter `name`, or of all parameters called `name`.something: with
// "layers.0.weight" and "layers.0.bias", the name "layers.0" is the layer.
// Throws std::invalid_argument with the nearest known name, or for nodes that are not parameters.
template <class Scalar>
IndexSet parameter_indices(const Plan<Scalar>& plan, std::string_view name);

// The parameters that feed neuron `row`: that row of `weight` (neurons x inputs) and that entry of
// `bias`, which may be empty: no bias.
// Throws std::invalid_argument for unknown names, and rows that a parameter does not have.
template <class Scalar>
IndexSet neuron_indices(const Plan<Scalar>& plan, std::string_view weight, std::string_view bias,
                        Index row);

}  // namespace dualtape::curvature
