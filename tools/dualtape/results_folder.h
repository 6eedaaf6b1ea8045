#pragma once
// The folder that a subcommand writes its results into.

#include <filesystem>
#include <string>
#include <vector>

namespace dualtape::tools {

// Leaves an empty folder. One that holds nothing but earlier results, which are `tables`,
// config.toml, report.html and figures/, is emptied when `is_forced`. Throws lab::InputError for
// results without that, and for a folder with anything else in it, which is left as it is.
void prepare_results(const std::filesystem::path& out, const std::vector<std::string>& tables,
                     bool is_forced);

}  // namespace dualtape::tools
