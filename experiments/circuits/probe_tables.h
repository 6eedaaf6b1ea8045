#pragma once
// Tables of probes of trained networks: which concepts can be read linearly, where and with what
// controls.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/circuits/snapshot.h"
#include "experiments/lab/options.h"

namespace dualtape::circuits {

struct ProbeSettings {
    std::int64_t placeholder = 0;
};

// Opens the group "probe" and adds all of them.
void add_probe(lab::Options& options, ProbeSettings& settings);

// The files that are written.
const std::vector<std::string>& probe_tables();

// Throws lab::InputError, naming the setting and the remedy, when the settings do not fit.
void check_probe(const ProbeSettings& settings, const Snapshot& snapshot);

// Appends to the tables of a folder the rows of the snapshots of one training, oldest first.
void write_probe_tables(const std::filesystem::path& folder, const ProbeSettings& settings,
                        const std::vector<Snapshot>& snapshots);

}  // namespace dualtape::circuits
