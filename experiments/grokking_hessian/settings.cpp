#include "experiments/grokking_hessian/settings.h"

namespace dualtape::grokking_hessian {

void GrokkingHessian::add_options(lab::Options& options) {
    GrokkingHessianSettings& to = settings_;
    add_task(options, to);
    add_model(options, to);
    options.add("depths", to.depths, "hidden layers, one network each").range(1, 64).distinct();
    options.add("width", to.width, "features of a hidden layer").range(1, 65536);
    add_training(options, to, {"top", "bottom"});  // it is about both ends of the spectrum
    options.group("figures", "Figures");
    options.add("x_axis", to.x_axis, "of curvature figures: step, or index of the checkpoint")
        .choices({"step", "index"})
        .neutral();
}

std::vector<study::Training> GrokkingHessian::trainings() const {
    std::vector<study::Training> all;
    for (const std::int64_t depth : settings_.depths) {
        for (const std::uint64_t seed : seeds()) {
            all.push_back({"depth" + std::to_string(depth) + "-seed" + std::to_string(seed),
                           {{"depth", depth}, {"seed", static_cast<std::int64_t>(seed)}},
                           seed});
        }
    }
    return all;
}

models::MlpSettings GrokkingHessian::network(const pairs::Task& task,
                                             const study::Training& training) const {
    models::MlpSettings network = network_of(task);
    network.depth = depth(training);
    return network;
}

}  // namespace dualtape::grokking_hessian
