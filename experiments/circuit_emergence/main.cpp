// At which width, layer and time of the training can a concept be read linearly from a network?
// Trains one perceptron per width and seed, and probes its checkpoints.

#include "experiments/analyses/probes/probe_report.h"
#include "experiments/circuit_emergence/report.h"
#include "experiments/circuit_emergence/settings.h"
#include "experiments/lab/cli.h"
#include "experiments/lab/table_rows.h"
#include "experiments/lab/threads.h"
#include "experiments/pair_study/snapshots.h"
#include "experiments/pair_study/train_all.h"
#include "experiments/report/cost.h"
#include "experiments/study/recipes.h"

namespace dualtape {
namespace {

namespace reporting = circuit_emergence;

lab::Outcome run_experiment(const circuit_emergence::CircuitEmergence& setup, lab::Run& run) {
    const auto& folder = run.folder.path();
    const circuit_emergence::CircuitEmergenceSettings& settings = setup.settings();
    const double start = lab::steady_seconds();
    // Steps 1 and 2, settings and run folder, are done. Steps 3 and 4. Data, models, trainings.
    const pair_study::TrainedRun trained = pair_study::train_all(setup, run);
    if (trained.trainings.empty()) return trained.outcome();
    const double trained_at = lab::steady_seconds();

    // Step 5. Probes of the checkpoints, training by training, and what follows from them.
    for (const char* stream :
         {"folds", "inner folds", "permuted labels", "control task", "random directions"}) {
        run.manifest.add_stream(stream);
    }
    const int threads = lab::usable_threads(settings.threads);
    lab::remove_tables(folder, analyses::probe_tables());
    for (const study::Training& training : trained.trainings) {
        lab::throw_if_interrupted();
        run.log.info("probing " + training.name);
        const std::vector<pairs::Snapshot> snapshots = pair_study::take_snapshots(
            setup, training, pair_study::checkpoints_of(folder, training), threads);
        analyses::write_probe_tables(folder, settings.probe, snapshots);
    }
    lab::throw_if_interrupted();
    reporting::summarise(folder);
    reporting::Work work = reporting::work_of(folder);
    work.emplace_back(report::kTrainingSeconds, trained_at - start);
    work.emplace_back("seconds of probing", lab::steady_seconds() - trained_at);
    report::write_cost(folder, work, run.manifest);
    reporting::add_final_numbers(folder, run.manifest);
    for (const std::string& warning : analyses::probe_report(folder, "").warnings) {
        run.log.warn(warning);
    }

    // Step 6. Figures, from the tables alone. The report follows when the manifest is complete.
    for (const std::string& warning :
         report::draw_figures(circuit_emergence::circuit_emergence_report(), folder)) {
        run.log.warn(warning);
    }

    // Step 7. DONE or FAILED, and the path of the report, by run_main.
    return trained.outcome();
}

// What the experiment writes beside the figures, in its tables and those of its trainings.
std::vector<std::string> tables() {
    std::vector<std::string> names = pair_study::training_tables();
    names.insert(names.end(), analyses::probe_tables().begin(), analyses::probe_tables().end());
    for (const char* own : {"summary.tsv", "by_width.tsv", "emergence.tsv", "acceptance.tsv",
                            "reference.tsv", "cost.tsv", "probe_summary.json"}) {
        names.emplace_back(own);
    }
    return names;
}

}  // namespace
}  // namespace dualtape

int main(int argc, char** argv) {
    using namespace dualtape;
    circuit_emergence::CircuitEmergence setup;
    lab::Options options;
    setup.add_options(options);
    return lab::run_main(argc, argv,
                         {.name = "circuit_emergence",
                          .question = circuit_emergence::kQuestion,
                          .recipes = study::recipes("circuit_emergence"),
                          .examples = {{"--recipe quick", "the whole analysis in under a minute"},
                                       {"--recipe literal", "the published setting, five seeds"}},
                          .estimate = [&] { return pair_study::estimate(setup); },
                          .tables = tables(),
                          .run = [&](lab::Run& run) { return run_experiment(setup, run); },
                          .report =
                              [](const auto& folder) {
                                  return report::write_report(
                                      circuit_emergence::circuit_emergence_report(), folder);
                              }},
                         options);
}
