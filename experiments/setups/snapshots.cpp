#include "experiments/setups/snapshots.h"

#include <algorithm>

#include "experiments/setups/open_run.h"

namespace dualtape::setups {

circuits::Snapshot untrained_snapshot(const PairSetup& setup, const Training& training,
                                      int threads) {
    circuits::Snapshot snapshot;
    snapshot.labels = training.columns();
    snapshot.seed = training.seed;
    snapshot.network = setup.pair_network(training, threads);
    snapshot.pairs = std::make_shared<const data::PairTable>(setup.pair_table(training));
    snapshot.operation = setup.pair_settings().task.operation;
    snapshot.threads = threads;
    snapshot.untrained =
        models::initialise<double>(snapshot.network->parameters(), setup.init(), training.seed);
    snapshot.theta = snapshot.untrained;
    return snapshot;
}

std::vector<circuits::Snapshot> take_snapshots(const PairSetup& setup, const Training& training,
                                               const std::vector<lab::Checkpoint>& checkpoints,
                                               int threads) {
    const circuits::Snapshot untrained = untrained_snapshot(setup, training, threads);
    std::vector<circuits::Snapshot> snapshots;
    for (const lab::Checkpoint& checkpoint : checkpoints) {
        circuits::Snapshot snapshot = untrained;
        snapshot.step = checkpoint.step;
        snapshot.theta = read_theta(checkpoint, snapshot.network->parameters());
        snapshots.push_back(std::move(snapshot));
    }
    return snapshots;
}

circuits::Snapshot take_snapshot(const PairSetup& setup, const Training& training,
                                 const lab::Checkpoint& checkpoint, int threads) {
    return take_snapshots(setup, training, {checkpoint}, threads)[0];
}

std::vector<lab::Checkpoint> checkpoints_of(const std::filesystem::path& run,
                                            const Training& training) {
    std::vector<lab::Checkpoint> found = lab::list_checkpoints(run, training.name);
    std::reverse(found.begin(), found.end());
    return found;
}

}  // namespace dualtape::setups
