#include "experiments/modular_addition/settings.h"

#include "experiments/pair_study/snapshots.h"

namespace dualtape::modular_addition {

void ModularAddition::add_options(lab::Options& options) {
    ModularAdditionSettings& to = settings_;
    add_task(options, to);
    add_model(options, to);
    options.add("depth", to.depth, "hidden layers").range(1, 64);
    options.add("width", to.width, "features of a hidden layer").range(1, 65536);
    add_training(options, to);
    analyses::add_fourier(options, to.fourier);
    analyses::add_ablation(options, to.ablation);
    // Before the training, not after it.
    options.add_check([this] {
        const pairs::Snapshot untrained = pair_study::untrained_snapshot(*this, trainings()[0], 1);
        analyses::check_fourier(settings_.fourier, untrained);
        analyses::check_ablation(settings_.ablation, untrained);
    });
}

std::vector<study::Training> ModularAddition::trainings() const {
    std::vector<study::Training> all;
    for (const std::uint64_t seed : seeds()) {
        all.push_back(
            {"seed" + std::to_string(seed), {{"seed", static_cast<std::int64_t>(seed)}}, seed});
    }
    return all;
}

models::MlpSettings ModularAddition::network(const pairs::Task& task,
                                             const study::Training& /*all are alike*/) const {
    models::MlpSettings network = network_of(task);
    network.depth = settings_.depth;
    return network;
}

}  // namespace dualtape::modular_addition
