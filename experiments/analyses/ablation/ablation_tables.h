#pragma once
// Tables of ablation of trained networks: what the network loses without hidden units, and how
// important they look.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/analyses/ablation/ablation_settings.h"
#include "experiments/pairs/snapshot.h"

namespace dualtape::analyses {

// The files that are written.
const std::vector<std::string>& ablation_tables();

// Appends to the tables of a folder the rows of the snapshots of one training, oldest first; those
// of a snapshot once all of them are there. All tables at the last snapshot, or at every one if
// the settings say so; otherwise the summary. Streams are seeded by the training's seed. Same bytes
// for any number of threads. Throws lab::InputError as check_ablation, and of kind run when a
// network is not finite or a table cannot be written.
void write_ablation_tables(const std::filesystem::path& folder, const AblationSettings& settings,
                           const std::vector<pairs::Snapshot>& snapshots);

}  // namespace dualtape::analyses
