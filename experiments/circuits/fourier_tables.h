#pragma once
// Tables of Fourier analysis of trained networks: frequencies, phases, key frequencies and progress
// measures.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/circuits/snapshot.h"
#include "experiments/lab/options.h"

namespace dualtape::circuits {

struct FourierSettings {
    std::int64_t placeholder = 0;
};

// Opens the group "fourier" and adds all of them.
void add_fourier(lab::Options& options, FourierSettings& settings);

// The files that are written.
const std::vector<std::string>& fourier_tables();

// Throws lab::InputError, naming the setting and the remedy, when the settings do not fit.
void check_fourier(const FourierSettings& settings, const Snapshot& snapshot);

// Appends to the tables of a folder the rows of the snapshots of one training, oldest first.
void write_fourier_tables(const std::filesystem::path& folder, const FourierSettings& settings,
                          const std::vector<Snapshot>& snapshots);

}  // namespace dualtape::circuits
