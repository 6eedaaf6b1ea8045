#include "experiments/setups/modular_addition.h"

#include "experiments/setups/snapshots.h"

namespace dualtape::setups {

void ModularAddition::add_options(lab::Options& options) {
    ModularAdditionSettings& to = settings_;
    add_task(options, to);
    add_model(options, to);
    options.add("depth", to.depth, "hidden layers").range(1, 64);
    options.add("width", to.width, "features of a hidden layer").range(1, 65536);
    add_training(options, to);
    circuits::add_fourier(options, to.fourier);
    circuits::add_ablation(options, to.ablation);
    // Before the training, not after it.
    options.add_check([this] {
        const circuits::Snapshot untrained = untrained_snapshot(*this, trainings()[0], 1);
        circuits::check_fourier(settings_.fourier, untrained);
        circuits::check_ablation(settings_.ablation, untrained);
    });
}

std::vector<Training> ModularAddition::trainings() const {
    std::vector<Training> all;
    for (const std::uint64_t seed : seeds()) {
        all.push_back(
            {"seed" + std::to_string(seed), {{"seed", static_cast<std::int64_t>(seed)}}, seed});
    }
    return all;
}

models::MlpSettings ModularAddition::network(const data::Task& task,
                                             const Training& /*all are alike*/) const {
    models::MlpSettings network = network_of(task);
    network.depth = settings_.depth;
    return network;
}

}  // namespace dualtape::setups
