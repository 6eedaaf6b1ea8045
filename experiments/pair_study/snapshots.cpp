#include "experiments/pair_study/snapshots.h"

#include <algorithm>

#include "experiments/study/open_run.h"

namespace dualtape::pair_study {

pairs::Snapshot untrained_snapshot(const PairSetup& setup, const study::Training& training,
                                   int threads) {
    pairs::Snapshot snapshot;
    snapshot.labels = training.columns();
    snapshot.seed = training.seed;
    snapshot.network = setup.pair_network(training, threads);
    snapshot.pairs = std::make_shared<const pairs::PairTable>(setup.pair_table(training));
    snapshot.operation = setup.pair_settings().task.operation;
    snapshot.threads = threads;
    snapshot.untrained =
        models::initialise<double>(snapshot.network->parameters(), setup.init(), training.seed);
    snapshot.theta = snapshot.untrained;
    return snapshot;
}

std::vector<pairs::Snapshot> take_snapshots(const PairSetup& setup, const study::Training& training,
                                            const std::vector<lab::Checkpoint>& checkpoints,
                                            int threads) {
    const pairs::Snapshot untrained = untrained_snapshot(setup, training, threads);
    std::vector<pairs::Snapshot> snapshots;
    for (const lab::Checkpoint& checkpoint : checkpoints) {
        pairs::Snapshot snapshot = untrained;
        snapshot.step = checkpoint.step;
        snapshot.theta = study::read_theta(checkpoint, snapshot.network->parameters());
        snapshots.push_back(std::move(snapshot));
    }
    return snapshots;
}

pairs::Snapshot take_snapshot(const PairSetup& setup, const study::Training& training,
                              const lab::Checkpoint& checkpoint, int threads) {
    return take_snapshots(setup, training, {checkpoint}, threads)[0];
}

std::vector<lab::Checkpoint> checkpoints_of(const std::filesystem::path& run,
                                            const study::Training& training) {
    std::vector<lab::Checkpoint> found = lab::list_checkpoints(run, training.name);
    std::reverse(found.begin(), found.end());
    return found;
}

}  // namespace dualtape::pair_study
