#pragma once
// Snapshot: a network on pairs as it was at one checkpoint, with what analyses of it need.

#include <cstdint>
#include <memory>
#include <string>

#include "experiments/lab/labels.h"
#include "experiments/pairs/pair_network.h"
#include "experiments/pairs/pair_table.h"

namespace dualtape::pairs {

// Made from checkpoints by pairs/snapshots.h.
struct Snapshot {
    lab::Labels labels;      // of the training: {{"width", "16"}, {"seed", "0"}}
    std::int64_t step = 0;   // updates so far
    std::uint64_t seed = 0;  // of the training
    Vec<double> theta;       // P
    // Theta before the first step, P: the untrained network of the same seed.
    Vec<double> untrained;
    std::shared_ptr<const PairNetwork> network;
    std::shared_ptr<const PairTable> pairs;
    std::string operation;  // of the task: "add"
    int threads = 1;

    // Columns of every table: those of the training, and the step.
    lab::Labels columns() const {
        lab::Labels all = labels;
        all.emplace_back("step", std::to_string(step));
        return all;
    }
};

}  // namespace dualtape::pairs
