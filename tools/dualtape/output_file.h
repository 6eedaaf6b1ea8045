#pragma once
// A file that a subcommand writes where its user says.

#include <filesystem>
#include <vector>

namespace dualtape::tools {

// Throws lab::InputError, before any work is done, when `path` is nothing to write over: a folder,
// pipe, device or socket; one of `inputs`, under whatever name; a file of the run in the folder
// `run`; a file with further names (hard links); or any file at all, unless `is_forced`. So it does
// for a place in no folder. Links are followed. Afterwards nothing is left of earlier writes that
// were killed.
void check_output(const std::filesystem::path& path, const std::filesystem::path& run,
                  const std::vector<std::filesystem::path>& inputs, bool is_forced);

}  // namespace dualtape::tools
