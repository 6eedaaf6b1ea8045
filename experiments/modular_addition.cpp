// What circuit does a small network with an embedding use for addition modulo p, and which of its
// neurons carry it?

#include "experiments/reports/modular_addition.h"
#include "engine/core/parallel.h"
#include "experiments/lab/cli.h"
#include "experiments/setups/modular_addition.h"
#include "experiments/setups/snapshots.h"
#include "experiments/setups/train_all.h"

namespace dualtape {
namespace {

constexpr const char* kQuestion =
    "What circuit does a small network with an embedding use for addition modulo p, and which of "
    "its neurons carry it?";

lab::Outcome run_experiment(const setups::ModularAddition& setup, lab::Run& run) {
    // Steps 1 and 2, settings and run folder, are done. Steps 3 and 4. Data, models, trainings.
    const setups::TrainedRun trained = setups::train_all(setup, run);

    // Step 5. Analyses of the checkpoints.
    const int threads = resolve_threads(static_cast<int>(setup.settings().threads));
    for (const setups::Training& training : trained.trainings) {
        const std::vector<circuits::Snapshot> snapshots = setups::take_snapshots(
            setup, training, setups::checkpoints_of(run.folder.path(), training), threads);
        circuits::write_fourier_tables(run.folder.path(), setup.settings().fourier, snapshots);
        circuits::write_ablation_tables(run.folder.path(), setup.settings().ablation, snapshots);
    }

    // Step 6. Figures, from the tables alone. The report follows when the manifest is complete.
    for (const std::string& warning : reports::draw_figures(run.folder.path())) {
        run.log.warn(warning);
    }

    // Step 7. DONE or FAILED, and the path of the report, by run_main.
    return trained.outcome();
}

}  // namespace
}  // namespace dualtape

int main(int argc, char** argv) {
    using namespace dualtape;
    setups::ModularAddition setup;
    lab::Options options;
    setup.add_options(options);
    return lab::run_main(argc, argv,
                         {.name = "modular_addition",
                          .question = kQuestion,
                          .recipes = lab::compiled_recipes(),
                          .examples = {{"--recipe quick", "the whole analysis in under a minute"},
                                       {"--recipe literal", "the published setting"}},
                          .estimate = [&] { return setups::estimate(setup); },
                          .run = [&](lab::Run& run) { return run_experiment(setup, run); },
                          .report = reports::write_report},
                         options);
}
