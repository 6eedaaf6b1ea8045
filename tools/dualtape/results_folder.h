#pragma once
// The folder that a subcommand writes its results into.

#include <filesystem>
#include <string>

namespace dualtape::tools {

// Leaves an empty folder. One with earlier results, known by the table `mark` in it, is replaced
// when `is_forced`. Throws lab::InputError for results without that, and for a folder that holds
// anything else: nothing of other hands is ever removed.
void prepare_results(const std::filesystem::path& out, const std::string& mark, bool is_forced);

}  // namespace dualtape::tools
