#pragma once
// The words of `dualtape spectrum --only`: a set of parameters by name and by row.

#include <string>
#include <vector>

#include "engine/curvature/index_set.h"
#include "models/mlp.h"

namespace dualtape::tools {

// The entries of theta that any of the words names, sorted. A word is
//   NAME          a parameter, "layers.0.weight", or a layer, "layers.0": weight and bias
//   NAME[3]       row 3 of it; of a layer: the weights and the bias that feed neuron 3
//   NAME[0:64]    rows 0 .. 63, counted as in a checkpoint; either end may be left out
// parameters: all of the network, in the order of theta, column-major.
// Throws lab::InputError for a name that is none of them, with the nearest one; for rows that are
// no range, that it has not, or of which there are none.
curvature::IndexSet choose_parameters(const std::vector<std::string>& words,
                                      const std::vector<models::ParameterInfo>& parameters);

}  // namespace dualtape::tools
