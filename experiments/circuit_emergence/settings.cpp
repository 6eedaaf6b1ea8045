#include "experiments/circuit_emergence/settings.h"

#include "experiments/pair_study/snapshots.h"

namespace dualtape::circuit_emergence {

void CircuitEmergence::add_options(lab::Options& options) {
    CircuitEmergenceSettings& to = settings_;
    add_task(options, to);
    add_model(options, to);
    options.add("depth", to.depth, "hidden layers").range(1, 64);
    options.add("widths", to.widths, "features of a hidden layer, one network each")
        .range(1, 65536)
        .distinct();
    add_training(options, to);
    analyses::add_probe(options, to.probe);
    // Before the training, not after it.
    options.add_check([this] {
        analyses::check_probe(settings_.probe,
                              pair_study::untrained_snapshot(*this, trainings()[0], 1));
    });
}

std::vector<study::Training> CircuitEmergence::trainings() const {
    std::vector<study::Training> all;
    for (const std::int64_t width : settings_.widths) {
        for (const std::uint64_t seed : seeds()) {
            all.push_back({"width" + std::to_string(width) + "-seed" + std::to_string(seed),
                           {{"width", width}, {"seed", static_cast<std::int64_t>(seed)}},
                           seed});
        }
    }
    return all;
}

models::MlpSettings CircuitEmergence::network(const pairs::Task& task,
                                              const study::Training& training) const {
    models::MlpSettings network = network_of(task);
    network.depth = settings_.depth;
    network.width = width(training);
    return network;
}

}  // namespace dualtape::circuit_emergence
