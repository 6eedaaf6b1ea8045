// dualtape spectrum: spectra of any operator at any checkpoints of a run, with figures and a
// report.

#include <filesystem>
#include <iostream>

#include "experiments/lab/files.h"
#include "experiments/lab/interrupt.h"
#include "tools/dualtape/results_folder.h"
#include "tools/dualtape/spectrum_measurement.h"
#include "tools/dualtape/spectrum_report.h"
#include "tools/dualtape/subcommand.h"

namespace dualtape::tools {

namespace {

namespace fs = std::filesystem;

// settings: all options as a file.
int run(const SpectrumRequest& request, const fs::path& place, const std::string& settings,
        const std::string& command) {
    const study::OpenedRun opened(place);
    const auto trained = opened.trained(study::CheckpointChoice(request.checkpoints));
    SpectrumWatcher watcher(request.quiet);
    const SpectrumMeasurement planned(request, opened, "", watcher);
    for (const study::TrainedNetwork& network : trained) planned.prepare(network);
    ResultsFolder results(
        results_path(opened, trained[0].training.name, place, request.folder_name(), request.out),
        spectrum_tables(), request.force);
    const fs::path& out = results.path();
    SpectrumMeasurement measurement(request, opened, out, watcher);
    lab::write_atomically(out / "config.toml", settings);
    lab::watch_interrupts();
    bool has_converged = true;
    try {
        for (const study::TrainedNetwork& network : trained) {
            has_converged &= measurement.measure(network);
        }
    } catch (const lab::Interrupted&) {
        watcher.finish();
        std::cerr << interruption(results) << '\n';
        return kInterrupted;
    }
    watcher.finish();
    write_spectrum_report(out, opened, request.part, command);
    std::cout << results.complete().string() << '\n';
    return has_converged || !request.strict ? 0 : 1;
}

}  // namespace

Subcommand spectrum() {
    const auto request = std::make_shared<SpectrumRequest>();
    Subcommand self{
        .name = "spectrum",
        .operands = "RUN|CHECKPOINT",
        .purpose = "eigenvalues, trace and density of the curvature of a trained network",
        .examples = {{"runs/first --density --trace", "at the last checkpoint of every training"},
                     {"runs/first --checkpoints all --block-by layer --operator ggn",
                      "the Gauss-Newton matrix and its blocks over the whole training"},
                     {"runs/first --only layers.0.weight[0:16],layers.1",
                      "the part of the Hessian that belongs to these parameters"},
                     {"runs/first --checkpoints all --sharpness",
                      "with SAM, ASAM, critical and other sharpness measures beside λ max"}}};
    add_spectrum_options(*self.options, *request);
    self.run = [request, options = self.options,
                line = CommandWords("spectrum", *self.options)](const auto& operands) {
        return run(*request, operands[0], options->to_toml(), line.command(operands, *options));
    };
    return self;
}

}  // namespace dualtape::tools
