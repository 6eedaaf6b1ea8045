#pragma once
// Tables, figures and report of the experiment modular_addition, from the files of its run.

#include "experiments/lab/manifest.h"
#include "experiments/report/experiment_report.h"

namespace dualtape::modular_addition {

inline constexpr const char* kModularAdditionQuestion =
    "What circuit does a small network with an embedding use for addition modulo p, and which of "
    "its neurons carry it?";

// From the tables of trainings and analyses: summary.tsv, jumps.tsv and over_seeds.tsv
// (modular_addition/trainings.h), acceptance.tsv, analysis_summary.json.
void summarise_modular_addition(const std::filesystem::path& folder);
// What the analyses of a finished run warn of.
std::vector<std::string> warnings_of_modular_addition(const std::filesystem::path& folder);
// Medians over the seeds and batches an epoch.
void add_modular_addition_numbers(const std::filesystem::path& folder, lab::Manifest& manifest);

report::ExperimentReport modular_addition_report();

}  // namespace dualtape::modular_addition
