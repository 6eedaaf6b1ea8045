#pragma once
// The folder that a subcommand writes its results into.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/setups/open_run.h"

namespace dualtape::tools {

// `out`, or when that is empty RUN/<name>; for a single checkpoint of `training`,
// RUN/<name>-<training>-<checkpoint>.
std::filesystem::path results_path(const setups::OpenedRun& run, const std::string& training,
                                   const std::filesystem::path& place, const std::string& name,
                                   const std::filesystem::path& out);

// Leaves an empty folder. One that holds nothing but earlier results, which are `tables`,
// config.toml, report.html and figures/, is emptied when `is_forced`. Throws lab::InputError for
// results without that, and for a folder with anything else in it, which is left as it is.
void prepare_results(const std::filesystem::path& out, const std::vector<std::string>& tables,
                     bool is_forced);

}  // namespace dualtape::tools
