// How does the sharpness of a network move while it learns modular arithmetic, and how does that
// depend on depth? Trains one perceptron per depth and seed, measures both ends of the Hessian
// spectrum on the way, and writes tables, figures and a report.

#include "experiments/reports/grokking_hessian.h"
#include "experiments/lab/cli.h"
#include "experiments/setups/grokking_hessian.h"
#include "experiments/setups/recipes.h"
#include "experiments/setups/train_all.h"

namespace dualtape {
namespace {

lab::Outcome run_experiment(const setups::GrokkingHessian& setup, lab::Run& run) {
    const double start = lab::steady_seconds();
    // Steps 1 and 2, settings and run folder, are done. Steps 3 and 4. Data, models, trainings.
    const setups::TrainedRun trained = setups::train_all(setup, run);
    if (trained.trainings.empty()) return trained.outcome();
    reports::add_parameter_counts(setup, run.manifest);

    // Step 5. Measures of the trainings.
    const auto& folder = run.folder.path();
    reports::summarise(folder);
    reports::write_cost(folder, lab::steady_seconds() - start, run.manifest);
    reports::add_final_numbers(folder, run.manifest);
    for (const std::string& warning : reports::convergence_warnings(folder)) run.log.warn(warning);

    // Step 6. Figures, from the tables alone. The report follows when the manifest is complete.
    for (const std::string& warning :
         reports::draw_figures(reports::grokking_hessian_report(), folder)) {
        run.log.warn(warning);
    }

    // Step 7. DONE or FAILED, and the path of the report, by run_main.
    return trained.outcome();
}

// What the experiment writes beside the figures, in its tables and those of its trainings.
std::vector<std::string> tables() {
    std::vector<std::string> names = setups::training_tables();
    for (const char* own : {"summary.tsv", "by_depth.tsv", "classes.tsv", "spikes.tsv",
                            "acceptance.tsv", "reference.tsv", "cost.tsv"}) {
        names.emplace_back(own);
    }
    return names;
}

}  // namespace
}  // namespace dualtape

int main(int argc, char** argv) {
    using namespace dualtape;
    setups::GrokkingHessian setup;
    lab::Options options;
    setup.add_options(options);
    return lab::run_main(
        argc, argv,
        {.name = "grokking_hessian",
         .question = reports::kQuestion,
         .recipes = setups::recipes("grokking_hessian"),
         .examples = {{"--recipe quick", "grokking, curvature and report in under a minute"},
                      {"--recipe literal --seeds 5", "the published setting over five seeds"}},
         .estimate = [&] { return setups::estimate(setup); },
         .tables = tables(),
         .run = [&](lab::Run& run) { return run_experiment(setup, run); },
         .report =
             [](const auto& folder) {
                 return reports::write_report(reports::grokking_hessian_report(), folder);
             }},
        options);
}
