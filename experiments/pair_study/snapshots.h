#pragma once
// Snapshots of the trainings of a setup, from their checkpoints.

#include <filesystem>
#include <vector>

#include "experiments/lab/run_folder.h"
#include "experiments/pair_study/pair_setup.h"
#include "experiments/pairs/snapshot.h"

namespace dualtape::pair_study {

// The training at one of its checkpoints, or at all of those listed; network and data are made
// once. Throws lab::InputError for a checkpoint that cannot be read or belongs to another model.
pairs::Snapshot take_snapshot(const PairSetup& setup, const study::Training& training,
                              const lab::Checkpoint& checkpoint, int threads);
std::vector<pairs::Snapshot> take_snapshots(const PairSetup& setup, const study::Training& training,
                                            const std::vector<lab::Checkpoint>& checkpoints,
                                            int threads);

// The training before its first step: what settings of analyses are checked against.
pairs::Snapshot untrained_snapshot(const PairSetup& setup, const study::Training& training,
                                   int threads);

// Of a run folder: every checkpoint of a training, oldest first.
std::vector<lab::Checkpoint> checkpoints_of(const std::filesystem::path& run,
                                            const study::Training& training);

}  // namespace dualtape::pair_study
