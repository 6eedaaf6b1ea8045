// What circuit does a small network with an embedding use for addition modulo p, and which of its
// neurons carry it? Trains one network a seed, then looks at its checkpoints in Fourier components
// and without some of its neurons.

#include "experiments/lab/cli.h"
#include "experiments/lab/table_rows.h"
#include "experiments/lab/threads.h"
#include "experiments/modular_addition/report.h"
#include "experiments/modular_addition/settings.h"
#include "experiments/pair_study/snapshots.h"
#include "experiments/pair_study/train_all.h"
#include "experiments/report/cost.h"
#include "experiments/study/recipes.h"

namespace dualtape {
namespace {

lab::Outcome run_experiment(const modular_addition::ModularAddition& setup, lab::Run& run) {
    const auto& folder = run.folder.path();
    const modular_addition::ModularAdditionSettings& settings = setup.settings();
    const double start = lab::steady_seconds();
    // Steps 1 and 2, settings and run folder, are done. Steps 3 and 4. Data, models, trainings.
    const pair_study::TrainedRun trained = pair_study::train_all(setup, run);
    if (trained.trainings.empty()) return trained.outcome();
    const double trained_at = lab::steady_seconds();

    // Step 5. Analyses of the checkpoints, training by training, and what follows from them.
    for (const char* stream : {"permutations", "bootstrap", "paired bootstrap", "resample",
                               "random units", "importance"}) {
        run.manifest.add_stream(stream);
    }
    const int threads = lab::usable_threads(settings.threads);
    lab::remove_tables(folder, analyses::fourier_tables());
    lab::remove_tables(folder, analyses::ablation_tables());
    for (const study::Training& training : trained.trainings) {
        lab::throw_if_interrupted();
        run.log.info("frequencies and ablations of " + training.name);
        const std::vector<pairs::Snapshot> snapshots = pair_study::take_snapshots(
            setup, training, pair_study::checkpoints_of(folder, training), threads);
        analyses::write_fourier_tables(folder, settings.fourier, snapshots);
        analyses::write_ablation_tables(folder, settings.ablation, snapshots);
    }
    lab::throw_if_interrupted();
    report::write_cost(folder,
                       {{report::kTrainingSeconds, trained_at - start},
                        {"seconds of analyses", lab::steady_seconds() - trained_at}},
                       run.manifest);
    modular_addition::summarise_modular_addition(folder);
    modular_addition::add_modular_addition_numbers(folder, run.manifest);

    for (const std::string& warning : modular_addition::warnings_of_modular_addition(folder)) {
        run.log.warn(warning);
    }

    // Step 6. Figures, from the tables alone. The report follows when the manifest is complete.
    for (const std::string& warning :
         report::draw_figures(modular_addition::modular_addition_report(), folder)) {
        run.log.warn(warning);
    }

    // Step 7. DONE or FAILED, and the path of the report, by run_main.
    return trained.outcome();
}

// What the experiment writes beside the figures, in its tables and those of its trainings.
std::vector<std::string> tables() {
    std::vector<std::string> names = pair_study::training_tables();
    for (const auto& more : {analyses::fourier_tables(), analyses::ablation_tables()}) {
        names.insert(names.end(), more.begin(), more.end());
    }
    for (const char* own : {"summary.tsv", "jumps.tsv", "over_seeds.tsv", "acceptance.tsv",
                            "cost.tsv", "analysis_summary.json"}) {
        names.emplace_back(own);
    }
    return names;
}

}  // namespace
}  // namespace dualtape

int main(int argc, char** argv) {
    using namespace dualtape;
    modular_addition::ModularAddition setup;
    lab::Options options;
    setup.add_options(options);
    return lab::run_main(argc, argv,
                         {.name = "modular_addition",
                          .question = modular_addition::kModularAdditionQuestion,
                          .recipes = study::recipes("modular_addition"),
                          .examples = {{"--recipe quick", "the whole analysis in under a minute"},
                                       {"--recipe literal", "the published setting, five seeds"}},
                          .estimate = [&] { return pair_study::estimate(setup); },
                          .tables = tables(),
                          .run = [&](lab::Run& run) { return run_experiment(setup, run); },
                          .report =
                              [](const auto& folder) {
                                  return report::write_report(
                                      modular_addition::modular_addition_report(), folder);
                              }},
                         options);
}
