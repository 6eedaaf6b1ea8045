#pragma once
// Curves of several runs in one figure.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/report/experiment_report.h"

namespace dualtape::comparison {

struct NamedRun {
    std::string name;
    std::filesystem::path folder;
};

// A figure for each of the columns that a run has: a panel for every configuration of a training,
// which is what stands in front of `step` in the table except the seed; a line for every run, with
// median and 95 % bootstrap interval over its seeds, up to the last step that all of them have.
// in_one_panel: one panel, in which every configuration of a run has its line.
std::vector<lab::Figure> comparison_figures(const std::vector<NamedRun>& runs,
                                            const std::vector<report::ComparedColumn>& columns,
                                            bool in_one_panel = false);

}  // namespace dualtape::comparison
