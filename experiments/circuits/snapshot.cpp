#include "experiments/circuits/snapshot.h"

#include <algorithm>

#include "experiments/lab/safetensors.h"
#include "experiments/setups/open_run.h"

namespace dualtape::circuits {

std::vector<Snapshot> take_snapshots(const setups::PairSetup& setup,
                                     const setups::Training& training,
                                     const std::vector<lab::Checkpoint>& checkpoints, int threads) {
    Snapshot shared;
    shared.labels = training.columns();
    shared.seed = training.seed;
    shared.network = setup.pair_network(training, threads);
    shared.pairs = std::make_shared<const data::PairTable>(setup.pair_table(training));
    shared.operation = setup.pair_settings().task.operation;
    shared.threads = threads;
    shared.untrained =
        models::initialise<double>(shared.network->parameters(), setup.init(), training.seed);
    std::vector<Snapshot> snapshots;
    for (const lab::Checkpoint& checkpoint : checkpoints) {
        Snapshot snapshot = shared;
        snapshot.step = checkpoint.step;
        snapshot.theta =
            setups::read_theta(lab::read_tensors(checkpoint.path), shared.network->parameters());
        snapshots.push_back(std::move(snapshot));
    }
    return snapshots;
}

Snapshot take_snapshot(const setups::PairSetup& setup, const setups::Training& training,
                       const lab::Checkpoint& checkpoint, int threads) {
    return take_snapshots(setup, training, {checkpoint}, threads)[0];
}

std::vector<lab::Checkpoint> checkpoints_of(const std::filesystem::path& run,
                                            const setups::Training& training) {
    std::vector<lab::Checkpoint> found = lab::list_checkpoints(run, training.name);
    std::reverse(found.begin(), found.end());
    return found;
}

}  // namespace dualtape::circuits
