#pragma once
// Tables of Fourier analysis of trained networks: frequencies, phases, key frequencies and progress
// measures.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/analyses/fourier/fourier_settings.h"
#include "experiments/pairs/snapshot.h"

namespace dualtape::analyses {

// The files that are written; their columns are listed in experiments/README.md.
const std::vector<std::string>& fourier_tables();

// Appends to the tables of a folder the rows of the snapshots of one training, oldest first; no
// snapshots: nothing. Those that are not finite are left out, and named in the summary of the last
// that is; if none is, nothing is written. Permutations and phases are those of the last,
// frequencies, neurons and correlations, too, unless settings.detail asks for each. Cost:
// settings.permutations passes over neurons and pairs beside view_in_frequencies of each. Same
// bytes for any number of threads. Throws as check_fourier, before anything is written.
void write_fourier_tables(const std::filesystem::path& folder, const FourierSettings& settings,
                          const std::vector<pairs::Snapshot>& snapshots);

}  // namespace dualtape::analyses
