#include "experiments/modular_addition/findings.h"

#include <cmath>

#include "experiments/report/run_tables.h"
#include "experiments/report/table_slice.h"
#include "experiments/study/open_run.h"

namespace dualtape::modular_addition {

namespace fs = std::filesystem;

ModularAdditionFindings::ModularAdditionFindings(const fs::path& run)
    : folder(run),
      setting(report::judged_setting("modular_addition", run)),
      per_epoch(steps_per_epoch(run)),
      over_seeds(run),
      fourier(run / "fourier_summary.tsv", "quantity"),
      ablation(run / "ablation_summary.tsv", "fact") {
    const study::OpenedRun opened(run);
    const auto& setup = dynamic_cast<const ModularAddition&>(opened.setup());
    settings = setup.settings();
    const pair_study::PairSetup::SeedData data = setup.make_data(setup.seeds()[0]);
    num_parameters = models::count_parameters(setup.network(data.task, setup.trainings()[0]));
    train_pairs = static_cast<Index>(data.split.train.size());
    test_pairs = static_cast<Index>(data.split.test.size());
}

std::string ModularAdditionFindings::time(const std::string& quantity) const {
    report::Estimate estimate = over_seeds.estimate(quantity);
    for (double* of : {&estimate.median, &estimate.low, &estimate.high}) *of /= per_epoch;
    return (per_epoch > 1 ? "epoch " : "step ") + report::text_of(estimate);
}

report::Estimate ModularAdditionFindings::circuit_size(double share, const char* column) const {
    std::vector<double> sizes;
    for (const report::TableSlice& training :
         report::TableSlice(folder / "minimal_circuit.tsv").trainings()) {
        const report::TableSlice last = training.at_last_step().where("part", "train");
        const auto shares = last.numbers("share"), values = last.numbers(column);
        for (std::size_t i = 0; i < shares.size(); ++i) {
            if (shares[i] == share) sizes.push_back(values[i]);
        }
    }
    return report::estimate_value(sizes);
}

}  // namespace dualtape::modular_addition
