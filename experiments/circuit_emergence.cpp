// At which width, layer and time of the training can a concept be read linearly from a network?
// Trains one perceptron per width and seed, and probes its checkpoints.

#include "experiments/reports/circuit_emergence.h"
#include "experiments/circuits/table_rows.h"
#include "experiments/lab/cli.h"
#include "experiments/lab/threads.h"
#include "experiments/reports/cost.h"
#include "experiments/reports/probe_report.h"
#include "experiments/setups/circuit_emergence.h"
#include "experiments/setups/recipes.h"
#include "experiments/setups/snapshots.h"
#include "experiments/setups/train_all.h"

namespace dualtape {
namespace {

namespace reporting = reports::circuit_emergence;

lab::Outcome run_experiment(const setups::CircuitEmergence& setup, lab::Run& run) {
    const auto& folder = run.folder.path();
    const setups::CircuitEmergenceSettings& settings = setup.settings();
    const double start = lab::steady_seconds();
    // Steps 1 and 2, settings and run folder, are done. Steps 3 and 4. Data, models, trainings.
    const setups::TrainedRun trained = setups::train_all(setup, run);
    if (trained.trainings.empty()) return trained.outcome();
    const double trained_at = lab::steady_seconds();

    // Step 5. Probes of the checkpoints, training by training, and what follows from them.
    for (const char* stream :
         {"folds", "inner folds", "permuted labels", "control task", "random directions"}) {
        run.manifest.add_stream(stream);
    }
    const int threads = lab::usable_threads(settings.threads);
    circuits::remove_tables(folder, circuits::probe_tables());
    for (const setups::Training& training : trained.trainings) {
        lab::throw_if_interrupted();
        run.log.info("probing " + training.name);
        const std::vector<circuits::Snapshot> snapshots = setups::take_snapshots(
            setup, training, setups::checkpoints_of(folder, training), threads);
        circuits::write_probe_tables(folder, settings.probe, snapshots);
    }
    lab::throw_if_interrupted();
    reporting::summarise(folder);
    reporting::Work work = reporting::work_of(folder);
    work.emplace_back(reports::kTrainingSeconds, trained_at - start);
    work.emplace_back("seconds of probing", lab::steady_seconds() - trained_at);
    reports::write_cost(folder, work, run.manifest);
    reporting::add_final_numbers(folder, run.manifest);
    for (const std::string& warning : reports::probe_report(folder, "").warnings) {
        run.log.warn(warning);
    }

    // Step 6. Figures, from the tables alone. The report follows when the manifest is complete.
    for (const std::string& warning :
         reports::draw_figures(reports::circuit_emergence_report(), folder)) {
        run.log.warn(warning);
    }

    // Step 7. DONE or FAILED, and the path of the report, by run_main.
    return trained.outcome();
}

// What the experiment writes beside the figures, in its tables and those of its trainings.
std::vector<std::string> tables() {
    std::vector<std::string> names = setups::training_tables();
    names.insert(names.end(), circuits::probe_tables().begin(), circuits::probe_tables().end());
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
    setups::CircuitEmergence setup;
    lab::Options options;
    setup.add_options(options);
    return lab::run_main(argc, argv,
                         {.name = "circuit_emergence",
                          .question = reports::circuit_emergence::kQuestion,
                          .recipes = setups::recipes("circuit_emergence"),
                          .examples = {{"--recipe quick", "the whole analysis in under a minute"},
                                       {"--recipe literal", "the published setting, five seeds"}},
                          .estimate = [&] { return setups::estimate(setup); },
                          .tables = tables(),
                          .run = [&](lab::Run& run) { return run_experiment(setup, run); },
                          .report =
                              [](const auto& folder) {
                                  return reports::write_report(reports::circuit_emergence_report(),
                                                               folder);
                              }},
                         options);
}
