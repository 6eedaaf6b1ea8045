#pragma once
// cost.tsv: what a run took. The only table that differs between equal runs.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "experiments/lab/manifest.h"

namespace dualtape::report {

// What experiments call the wall time of all their trainings.
inline constexpr const char* kTrainingSeconds = "seconds of training";

// These rows, then CPU seconds and peak memory of this process; also counters of the manifest.
void write_cost(const std::filesystem::path& folder,
                const std::vector<std::pair<std::string, double>>& rows, lab::Manifest& manifest);

// For the end of a report.
std::vector<std::pair<std::string, std::string>> read_cost(const std::filesystem::path& folder);

}  // namespace dualtape::report
