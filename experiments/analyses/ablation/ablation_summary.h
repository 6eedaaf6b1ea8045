#pragma once
// Table of the totals of ablation, for every checkpoint.

#include <string>
#include <vector>

#include "experiments/analyses/ablation/ablated_node.h"
#include "experiments/analyses/ablation/ablation_clusters.h"
#include "experiments/analyses/ablation/ablation_effects.h"
#include "experiments/analyses/ablation/ablation_rows.h"

namespace dualtape::analyses {

// ablation_summary.tsv: a row a fact, of a part in a mode where it has one.
//   units, importance_mean, importance_largest, importance_gini,
//   importance_share_above_twice_mean     note: the measure, and the pairs it was taken on
//   clean_accuracy, clean_loss            of each part; nan with a note for a part without pairs
//   all_zero_accuracy, all_zero_loss      all units at zero: at the last hidden layer, bias only
//   top_5_.., top_10_.., listed_.. accuracy_change, loss_change
//                                         units ablated together; listed: by the settings
// Cost: a product a set, part, mode and draw.
lab::TableRows summary_rows(const AblatedNode& node, const std::vector<PartAblation>& parts,
                            const AblationSettings& settings);

// And of a checkpoint with all tables:
//   largest_single_accuracy_drop, largest_single_loss_rise   with the unit, part by part and mode
//                                         (of equals the first)
//   clusters, embedding_frequencies       numbers of them; note: why there are none
void add_single_facts(lab::TableRows& rows, const std::vector<SingleEffects>& effects);
void add_cluster_facts(lab::TableRows& rows, const ClusterRows& clusters);
// In place of them, when the node is not read out.
void add_node_note(lab::TableRows& rows, const AblatedNode& node);

}  // namespace dualtape::analyses
