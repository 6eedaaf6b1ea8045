#pragma once
// Tables of ablation of trained networks: what the network loses without hidden units, and how
// important they look.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/circuits/snapshot.h"
#include "experiments/lab/options.h"

namespace dualtape::circuits {

struct AblationSettings {
    std::int64_t placeholder = 0;
};

// Opens the group "ablation" and adds all of them.
void add_ablation(lab::Options& options, AblationSettings& settings);

// The files that are written.
const std::vector<std::string>& ablation_tables();

// Throws lab::InputError, naming the setting and the remedy, when the settings do not fit.
void check_ablation(const AblationSettings& settings, const Snapshot& snapshot);

// Appends to the tables of a folder the rows of the snapshots of one training, oldest first.
void write_ablation_tables(const std::filesystem::path& folder, const AblationSettings& settings,
                           const std::vector<Snapshot>& snapshots);

}  // namespace dualtape::circuits
