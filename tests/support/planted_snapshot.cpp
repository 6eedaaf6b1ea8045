#include "tests/support/planted_snapshot.h"

#include "experiments/data/split.h"
#include "experiments/data/tasks.h"
#include "models/initialise.h"

namespace dualtape::testing {

circuits::Snapshot untrained_snapshot(const models::MlpSettings& network,
                                      const SnapshotSettings& settings) {
    const data::Task task =
        data::make_task({.operation = settings.operation, .p = network.modulus});
    const data::Split split =
        data::make_split(task, {.train_fraction = settings.train_fraction, .seed = settings.seed});
    circuits::Snapshot snapshot;
    snapshot.labels = {{"seed", std::to_string(settings.seed)}};
    snapshot.step = settings.step;
    snapshot.seed = settings.seed;
    snapshot.network = std::make_shared<analysis::PairNetwork>(network, settings.threads);
    snapshot.untrained =
        models::initialise<double>(snapshot.network->parameters(), {}, settings.seed);
    snapshot.theta = snapshot.untrained;
    snapshot.pairs = std::make_shared<data::PairTable>(data::make_pair_table(task, split));
    snapshot.operation = settings.operation;
    snapshot.threads = settings.threads;
    return snapshot;
}

circuits::Snapshot planted_snapshot(const analysis::PlantedSettings& planted,
                                    const SnapshotSettings& settings) {
    const analysis::PlantedNetwork network = analysis::make_planted_network(planted);
    const Index p = network.modulus, width = network.u.rows();
    circuits::Snapshot snapshot = untrained_snapshot({.input = models::MlpInput::one_hot,
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
