#pragma once
// Rows of the tables of ablation, gathered in memory and written when all of a snapshot are there.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/analysis/ablation/ablation.h"
#include "experiments/lab/labels.h"
#include "experiments/lab/table.h"

namespace dualtape::circuits {

// Rows of one file that share their first cells.
class TableRows {
  public:
    TableRows(std::string file, lab::Labels labels, const std::vector<std::string>& columns);

    void add(std::vector<lab::Cell> cells);
    // Continues FOLDER/FILE, or creates it. Throws as lab::TableWriter.
    void append_to(const std::filesystem::path& folder) const;

  private:
    std::string file_;
    lab::Labels labels_;
    std::vector<std::string> columns_;
    std::vector<std::vector<lab::Cell>> rows_;
};

// accuracy_change, accuracy_change_low, accuracy_change_high, loss_change, ..; kl is that from the
// clean network. Losses and kl in nats; low and high bound 95 %.
const std::vector<std::string>& change_columns();
std::vector<lab::Cell> cells_of(const analysis::AblationChange& change);

// accuracy, loss, correct_logit, margin, kl.
const std::vector<std::string>& metric_columns();
std::vector<lab::Cell> cells_of(const analysis::AblationMetrics& metrics);

// One list after the other.
template <class Item>
std::vector<Item> joined(std::vector<Item> first, const std::vector<Item>& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

// "3 17 20"
std::string words_of(const std::vector<Index>& numbers);

}  // namespace dualtape::circuits
