// How does the sharpness of a network move while it learns modular arithmetic, and how does that
// depend on depth? Trains one perceptron per depth and seed, measures both ends of the Hessian
// spectrum on the way, and writes tables, figures and a report.

#include "experiments/grokking_hessian/report.h"
#include "experiments/grokking_hessian/settings.h"
#include "experiments/lab/cli.h"
#include "experiments/pair_study/train_all.h"
#include "experiments/study/recipes.h"

namespace dualtape {
namespace {

lab::Outcome run_experiment(const grokking_hessian::GrokkingHessian& setup, lab::Run& run) {
    const double start = lab::steady_seconds();
    // Steps 1 and 2, settings and run folder, are done. Steps 3 and 4. Data, models, trainings.
    const pair_study::TrainedRun trained = pair_study::train_all(setup, run);
    if (trained.trainings.empty()) return trained.outcome();
    grokking_hessian::add_parameter_counts(setup, run.manifest);

    // Step 5. Measures of the trainings.
    const auto& folder = run.folder.path();
    grokking_hessian::summarise(folder);
    grokking_hessian::write_cost(folder, lab::steady_seconds() - start, run.manifest);
    grokking_hessian::add_final_numbers(folder, run.manifest);
    for (const std::string& warning : grokking_hessian::convergence_warnings(folder))
        run.log.warn(warning);

    // Step 6. Figures, from the tables alone. The report follows when the manifest is complete.
    for (const std::string& warning :
         report::draw_figures(grokking_hessian::grokking_hessian_report(), folder)) {
        run.log.warn(warning);
    }

    // Step 7. DONE or FAILED, and the path of the report, by run_main.
    return trained.outcome();
}

// What the experiment writes beside the figures, in its tables and those of its trainings.
std::vector<std::string> tables() {
    std::vector<std::string> names = pair_study::training_tables();
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
    grokking_hessian::GrokkingHessian setup;
    lab::Options options;
    setup.add_options(options);
    return lab::run_main(
        argc, argv,
        {.name = "grokking_hessian",
         .question = grokking_hessian::kQuestion,
         .recipes = study::recipes("grokking_hessian"),
         .examples = {{"--recipe quick", "grokking, curvature and report in under a minute"},
                      {"--recipe literal --seeds 5", "the published setting over five seeds"}},
         .estimate = [&] { return pair_study::estimate(setup); },
         .tables = tables(),
         .run = [&](lab::Run& run) { return run_experiment(setup, run); },
         .report =
             [](const auto& folder) {
                 return report::write_report(grokking_hessian::grokking_hessian_report(), folder);
             }},
        options);
}
