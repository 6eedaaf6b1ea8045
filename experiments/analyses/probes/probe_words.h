#pragma once
// What reports of probes call nodes, concepts and families of trainings.

#include <string>
#include <vector>

#include "experiments/lab/figure.h"
#include "experiments/report/snapshot_table.h"

namespace dualtape::analyses {

// "layers.0.pre" becomes "pre 1", before the activation of the first hidden layer; other words
// stay.
std::string node_label(const std::string& node);
// An axis of categories: 0, 1, .. in this order.
lab::Axis category_axis(const std::string& label, const std::vector<std::string>& categories);
std::vector<double> positions(std::size_t count);

// "setting, width 16, 3 seeds"; "one seed".
std::string subtitle_of(const std::string& setting, const report::SnapshotTable& table,
                        std::size_t family);
// "Width 16: ", the start of a caption; empty where there is one family.
std::string caption_start(const report::SnapshotTable& table, std::size_t family);
// "95 % intervals over folds", or "medians and 95 % intervals over 3 seeds".
std::string interval_words(const report::SnapshotTable& table, std::size_t family);
// A stem that differs between families, where there are several.
std::string family_stem(const std::string& stem, const report::SnapshotTable& table,
                        std::size_t family);

// The score by which a concept is judged: of rare ones, accuracy says nothing.
std::string score_of(const report::SnapshotTable& probes, const std::string& name);
// "accuracy", "balanced accuracy".
std::string score_label(const std::string& score);
// The concepts that figures of several concepts show: the first three of the table.
std::vector<std::string> headline_concepts(const report::SnapshotTable& probes);

}  // namespace dualtape::analyses
