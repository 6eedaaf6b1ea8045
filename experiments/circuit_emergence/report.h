#pragma once
// Tables, figures and report of the experiment circuit_emergence, from the files of its run.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "experiments/lab/manifest.h"
#include "experiments/report/experiment_report.h"

namespace dualtape::circuit_emergence {

inline constexpr const char* kQuestion =
    "At which width, layer and time of the training can a concept be read linearly from a network?";

// From metrics.tsv and the tables of analyses/probes/probe_tables.h: summary.tsv, a row per
// training; by_width.tsv, means and intervals over seeds; emergence.tsv, phase changes; for the
// published setting, reference.tsv with the published numbers beside ours; acceptance.tsv, what the
// setting is known to show, and whether it did; probe_summary.json, the same numbers for other
// programs.
void summarise(const std::filesystem::path& folder);
// Rows of cost.tsv that the tables know: steps and probes.
using Work = std::vector<std::pair<std::string, double>>;
Work work_of(const std::filesystem::path& folder);
// The numbers of by_width.tsv at the deepest hidden layer.
void add_final_numbers(const std::filesystem::path& folder, lab::Manifest& manifest);
std::vector<lab::Figure> make_figures(const std::filesystem::path& folder);
lab::Report make_report(const std::filesystem::path& folder);

report::ExperimentReport circuit_emergence_report();

}  // namespace dualtape::circuit_emergence
