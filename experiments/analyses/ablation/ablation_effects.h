#pragma once
// Tables of what the network loses without units: one by one, in an order, two by two, and the
// smallest circuit that is left of it.

#include <vector>

#include "experiments/analyses/ablation/ablated_node.h"
#include "experiments/analyses/ablation/ablation_rows.h"

namespace dualtape::analyses {

// Single units ablated from one part in one mode.
struct SingleEffects {
    std::string part, mode;
    std::vector<Index> units;
    std::vector<AblationChange> changes;
};
std::vector<SingleEffects> single_effects(const AblatedNode& node,
                                          const std::vector<PartAblation>& parts,
                                          const AblationSettings& settings);

// ablation_single.tsv: a row a unit, part and mode.
lab::TableRows single_rows(const AblatedNode& node, const std::vector<SingleEffects>& effects);

// ablation_curves.tsv, in the first mode: orders top, bottom, random and greedy, or top alone when
// the node is not read out; and minimal_circuit.tsv, only when it is: the greedy path is chosen on
// the train pairs and followed on the test pairs.
// Cost: `ablation_orders` curves of all units on each part, and greedy_ablation on the train pairs.
std::vector<lab::TableRows> curve_rows(const AblatedNode& node,
                                       const std::vector<PartAblation>& parts,
                                       const AblationSettings& settings);

// ablation_pairs.tsv, in the first mode; only when the node is read out.
std::vector<lab::TableRows> pair_rows(const AblatedNode& node,
                                      const std::vector<PartAblation>& parts,
                                      const AblationSettings& settings);

// 0 .. units, all of them or `points` evenly spread ones.
std::vector<Index> curve_counts(Index units, std::int64_t points);

}  // namespace dualtape::analyses
