#pragma once
// Snapshot: a network on pairs as it was at one checkpoint, with what analyses of it need.

#include <cstdint>
#include <memory>
#include <vector>

#include "experiments/analysis/pair_network.h"
#include "experiments/data/pair_table.h"
#include "experiments/lab/labels.h"
#include "experiments/lab/run_folder.h"
#include "experiments/setups/pair_setup.h"

namespace dualtape::circuits {

struct Snapshot {
    lab::Labels labels;      // of the training: {{"width", "16"}, {"seed", "0"}}
    std::int64_t step = 0;   // updates so far
    std::uint64_t seed = 0;  // of the training
    Vec<double> theta;       // P
    // Theta before the first step, P: the untrained network of the same seed.
    Vec<double> untrained;
    std::shared_ptr<const analysis::PairNetwork> network;
    std::shared_ptr<const data::PairTable> pairs;
    std::string operation;  // of the task: "add"
    int threads = 1;

    // Columns of every table: those of the training, and the step.
    lab::Labels columns() const {
        lab::Labels all = labels;
        all.emplace_back("step", std::to_string(step));
        return all;
    }
};

// The training at one of its checkpoints, or at all of those listed; network and data are made
// once. Throws lab::InputError for a checkpoint that cannot be read or belongs to another model.
Snapshot take_snapshot(const setups::PairSetup& setup, const setups::Training& training,
                       const lab::Checkpoint& checkpoint, int threads);
std::vector<Snapshot> take_snapshots(const setups::PairSetup& setup,
                                     const setups::Training& training,
                                     const std::vector<lab::Checkpoint>& checkpoints, int threads);

// Of a run folder: every checkpoint of a training, oldest first.
std::vector<lab::Checkpoint> checkpoints_of(const std::filesystem::path& run,
                                            const setups::Training& training);

}  // namespace dualtape::circuits
