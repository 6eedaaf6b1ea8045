#include "tests/support/planted_snapshot.h"

#include "experiments/pairs/split.h"
#include "experiments/pairs/tasks.h"
#include "models/initialise.h"

namespace dualtape::testing {

pairs::Snapshot untrained_snapshot(const models::MlpSettings& network,
                                   const SnapshotSettings& settings) {
    const pairs::Task task =
        pairs::make_task({.operation = settings.operation, .p = network.modulus});
    const pairs::Split split =
        pairs::make_split(task, {.train_fraction = settings.train_fraction, .seed = settings.seed});
    pairs::Snapshot snapshot;
    snapshot.labels = {{"seed", std::to_string(settings.seed)}};
    snapshot.step = settings.step;
    snapshot.seed = settings.seed;
    snapshot.network = std::make_shared<pairs::PairNetwork>(network, settings.threads);
    snapshot.untrained =
        models::initialise<double>(snapshot.network->parameters(), {}, settings.seed);
    snapshot.theta = snapshot.untrained;
    snapshot.pairs = std::make_shared<pairs::PairTable>(pairs::make_pair_table(task, split));
    snapshot.operation = settings.operation;
    snapshot.threads = settings.threads;
    return snapshot;
}

pairs::Snapshot planted_snapshot(const analyses::PlantedSettings& planted,
                                 const SnapshotSettings& settings) {
    const analyses::PlantedNetwork network = analyses::make_planted_network(planted);
    const Index p = network.modulus, width = network.u.rows();
    pairs::Snapshot snapshot = untrained_snapshot({.input = models::MlpInput::one_hot,
                                                   .activation = models::Activation::square,
                                                   .modulus = p,
                                                   .num_classes = p,
                                                   .width = width,
                                                   .depth = 1},
                                                  settings);
    // In the order of theta: weight and bias of the hidden layer, then of the output.
    Mat<double> first(width, 2 * p);
    first << network.u, network.v;
    const Mat<double> last = settings.logit_scale * 2 / static_cast<double>(width) * network.w;
    snapshot.theta.setZero();
    snapshot.theta.head(first.size()) = first.reshaped();
    snapshot.theta.segment(first.size() + width, last.size()) = last.reshaped();
    return snapshot;
}

}  // namespace dualtape::testing
