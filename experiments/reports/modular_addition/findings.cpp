#include "experiments/reports/modular_addition/findings.h"

#include <cmath>

#include "experiments/reports/run_tables.h"
#include "experiments/reports/table_slice.h"
#include "experiments/setups/open_run.h"

namespace dualtape::reports {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kPublishedSteps = 157000;

bool has_published_setting(const setups::ModularAdditionSettings& of) {
    const lab::OptimiserSettings& optimiser = of.train.optimiser;
    return of.task.operation == "add" && of.task.p == 113 && of.split.train_fraction == 0.8 &&
           of.split.train_cap == 10000 && of.split.test_cap == 2000 && of.activation == "relu" &&
           of.init == "torch_default" && of.table_sigma == 1 && optimiser.warm_up == 0 &&
           of.input == "embedding" && of.embedding_width == 128 && of.width == 256 &&
           of.depth == 1 && of.label_noise == 0 && of.operand_noise == 0 &&
           optimiser.optimiser == "adamw" && optimiser.learning_rate == 1e-3 &&
           optimiser.weight_decay == 1e-2 && of.train.batch_size == 64 &&
           of.train.steps >= kPublishedSteps;
}

}  // namespace

ModularAdditionFindings::ModularAdditionFindings(const fs::path& run)
    : folder(run),
      per_epoch(steps_per_epoch(run)),
      over_seeds(run),
      fourier(run / "fourier_summary.tsv", "quantity"),
      ablation(run / "ablation_summary.tsv", "fact") {
    const setups::OpenedRun opened(run);
    const auto& setup = dynamic_cast<const setups::ModularAddition&>(opened.setup());
    settings = setup.settings();
    const setups::PairSetup::SeedData data = setup.make_data(setup.seeds()[0]);
    num_parameters = models::count_parameters(setup.network(data.task, setup.trainings()[0]));
    train_pairs = static_cast<Index>(data.split.train.size());
    test_pairs = static_cast<Index>(data.split.test.size());
    is_published = has_published_setting(settings);
}

std::string ModularAdditionFindings::time(const std::string& quantity) const {
    Estimate estimate = over_seeds.estimate(quantity);
    for (double* of : {&estimate.median, &estimate.low, &estimate.high}) *of /= per_epoch;
    return (per_epoch > 1 ? "epoch " : "step ") + text_of(estimate);
}

Estimate ModularAdditionFindings::circuit_size(double share, const char* column) const {
    std::vector<double> sizes;
    for (const TableSlice& training : TableSlice(folder / "minimal_circuit.tsv").trainings()) {
        const TableSlice last = training.at_last_step().where("part", "train");
        const auto shares = last.numbers("share"), values = last.numbers(column);
        for (std::size_t i = 0; i < shares.size(); ++i) {
            if (shares[i] == share) sizes.push_back(values[i]);
        }
    }
    return estimate_value(sizes);
}

}  // namespace dualtape::reports
