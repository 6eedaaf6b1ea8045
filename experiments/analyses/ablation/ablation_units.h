#pragma once
// Tables of what the units of a node do before any is ablated: importance, and activations over
// all pairs.

#include <vector>

#include "experiments/analyses/ablation/ablated_node.h"
#include "experiments/analyses/ablation/ablation_rows.h"

namespace dualtape::analyses {

// Units whose activations are shown pair by pair.
inline constexpr Index kShownUnits = 10;

// neurons.tsv: a row a unit, in the order of its number.
lab::TableRows neuron_rows(const AblatedNode& node, const AblationSettings& settings);
// activation_profiles.tsv: the most important units against (a + b) mod p and (a - b) mod p.
lab::TableRows profile_rows(const AblatedNode& node);
// activation_maps.tsv: the same units on all pairs, in single precision.
lab::TableRows map_rows(const AblatedNode& node);

}  // namespace dualtape::analyses
