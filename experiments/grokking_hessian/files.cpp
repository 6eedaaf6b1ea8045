// What the manifest says of the networks of grokking_hessian.

#include "experiments/grokking_hessian/reference.h"
#include "experiments/grokking_hessian/report.h"

namespace dualtape::grokking_hessian {

void add_parameter_counts(const GrokkingHessian& setup, lab::Manifest& manifest) {
    const std::uint64_t seed = setup.seeds()[0];
    const pairs::Task task = setup.make_data(seed).task;
    for (const study::Training& training : setup.trainings()) {
        if (training.seed != seed) continue;
        const models::MlpSettings network = setup.network(task, training);
        manifest.add_parameters(
            "depth " + std::to_string(network.depth) + ", published formula with the same d",
            published_formula(network));
    }
}

}  // namespace dualtape::grokking_hessian
