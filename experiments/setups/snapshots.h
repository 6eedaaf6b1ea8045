#pragma once
// Snapshots of the trainings of a setup, from their checkpoints.

#include <filesystem>
#include <vector>

#include "experiments/circuits/snapshot.h"
#include "experiments/lab/run_folder.h"
#include "experiments/setups/pair_setup.h"

namespace dualtape::setups {

// The training at one of its checkpoints, or at all of those listed; network and data are made
// once. Throws lab::InputError for a checkpoint that cannot be read or belongs to another model.
circuits::Snapshot take_snapshot(const PairSetup& setup, const Training& training,
                                 const lab::Checkpoint& checkpoint, int threads);
std::vector<circuits::Snapshot> take_snapshots(const PairSetup& setup, const Training& training,
                                               const std::vector<lab::Checkpoint>& checkpoints,
                                               int threads);

// The training before its first step: what settings of analyses are checked against.
circuits::Snapshot untrained_snapshot(const PairSetup& setup, const Training& training,
                                      int threads);

// Of a run folder: every checkpoint of a training, oldest first.
std::vector<lab::Checkpoint> checkpoints_of(const std::filesystem::path& run,
                                            const Training& training);

}  // namespace dualtape::setups
