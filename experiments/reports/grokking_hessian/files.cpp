// What the manifest says of the networks of grokking_hessian.

#include "experiments/reports/grokking_hessian.h"
#include "experiments/reports/grokking_hessian/reference.h"

namespace dualtape::reports {

void add_parameter_counts(const setups::GrokkingHessian& setup, lab::Manifest& manifest) {
    const std::uint64_t seed = setup.seeds()[0];
    const data::Task task = setup.make_data(seed).task;
    for (const setups::Training& training : setup.trainings()) {
        if (training.seed != seed) continue;
        const models::MlpSettings network = setup.network(task, training);
        manifest.add_parameters(
            "depth " + std::to_string(network.depth) + ", published formula with the same d",
            published_formula(network));
    }
}

}  // namespace dualtape::reports
