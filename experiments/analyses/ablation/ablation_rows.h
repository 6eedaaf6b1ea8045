#pragma once
// Cells that several tables of ablation have in common.

#include <string>
#include <vector>

#include "experiments/analyses/ablation/ablation.h"
#include "experiments/lab/table_rows.h"

namespace dualtape::analyses {

// accuracy_change, accuracy_change_low, accuracy_change_high, loss_change, ..; kl is that from the
// clean network. Losses and kl in nats; low and high bound 95 %.
const std::vector<std::string>& change_columns();
std::vector<lab::Cell> cells_of(const AblationChange& change);

// accuracy, loss, correct_logit, margin, kl.
const std::vector<std::string>& metric_columns();
std::vector<lab::Cell> cells_of(const AblationMetrics& metrics);

// One list after the other.
template <class Item>
std::vector<Item> joined(std::vector<Item> first, const std::vector<Item>& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

}  // namespace dualtape::analyses
