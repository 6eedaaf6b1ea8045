#include "experiments/setups/modular_addition.h"

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
