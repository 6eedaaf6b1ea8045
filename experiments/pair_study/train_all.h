#pragma once
// The trainings of a run, side by side: data, metrics, curvature and checkpoints on the way.

#include <string>
#include <vector>

#include "experiments/lab/cli.h"
#include "experiments/pair_study/pair_setup.h"

namespace dualtape::pair_study {

struct TrainedRun {
    std::vector<study::Training>
        trainings;         // those that left checkpoints; none: nothing was measured
    std::string diverged;  // why the first one that diverged did; empty: none

    lab::Outcome outcome() const {
        return diverged.empty() ? lab::Outcome::done() : lab::Outcome::failed(diverged);
    }
};

// Writes
//   data.safetensors        of the first seed, data-seed<n>.safetensors of further ones:
//                           train.inputs (n, 2), the integer pairs (a, b); train.targets (n); the
//                           same for test; all I32, in the order drawn
//   metrics.tsv             labels of the training; step; cross-entropy in nats and accuracy on
//                           both parts; norms of the gradient of the train loss and of theta;
//                           learning rate of the step; after the update
//   noise.tsv               with label noise: accuracy on the training pairs with a wrong label,
//                           against that and against the true one
//   curvature.tsv, ..       what the settings ask for (analyses/curvature/curvature_track.h)
//   checkpoints/<training>  weights and optimiser at every visit
// and, in the manifest, streams, data and numbers of parameters. A training that was begun goes on
// from its last checkpoint. Throws lab::Interrupted when the user stopped it.
TrainedRun train_all(const PairSetup& setup, lab::Run& run);

// Names of the tables among these files.
std::vector<std::string> training_tables();

// Rows of --dry-run.
std::vector<lab::Estimate> estimate(const PairSetup& setup);

}  // namespace dualtape::pair_study
