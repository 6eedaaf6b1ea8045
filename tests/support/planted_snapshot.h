#pragma once
// Snapshots of a network whose circuit is known: what tables of circuits must find in it.

#include "experiments/analyses/fourier/planted_network.h"
#include "experiments/pairs/snapshot.h"

namespace dualtape::testing {

struct SnapshotSettings {
    std::string operation = "add";
    double train_fraction = 0.5;
    // Factor of the logits: those of a planted network are at most 1, which is a loss close to
    // log p. A trained network has large ones.
    double logit_scale = 1;
    std::int64_t step = 0;
    std::uint64_t seed = 0;  // of split and untrained network
    int threads = 1;
};

// A perceptron on one-hots with the square as activation, without biases, that computes the logits
// of the planted network, times logit_scale. Its label is the seed. The untrained network is that
// of the default initialisation.
pairs::Snapshot planted_snapshot(const analyses::PlantedSettings& planted,
                                 const SnapshotSettings& settings = {});

// Any network, at its initialisation.
pairs::Snapshot untrained_snapshot(const models::MlpSettings& network,
                                   const SnapshotSettings& settings = {});

}  // namespace dualtape::testing
