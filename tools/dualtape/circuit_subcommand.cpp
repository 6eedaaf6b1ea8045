#include "tools/dualtape/circuit_subcommand.h"

#include <algorithm>
#include <iostream>

#include "experiments/lab/files.h"
#include "experiments/lab/interrupt.h"
#include "experiments/lab/printable.h"
#include "experiments/lab/progress.h"
#include "experiments/lab/report.h"
#include "experiments/lab/threads.h"
#include "experiments/pair_study/snapshots.h"
#include "experiments/report/experiment_report.h"
#include "experiments/report/run_tables.h"
#include "experiments/study/open_run.h"
#include "tools/dualtape/results_folder.h"

namespace dualtape::tools {

namespace {

namespace fs = std::filesystem;

struct Request {
    std::string checkpoints = "last", out;
    std::int64_t threads = 0;
    bool force = false, quiet = false;
};

const pair_study::PairSetup& pair_setup_of(const study::OpenedRun& run) {
    const auto* setup = dynamic_cast<const pair_study::PairSetup*>(&run.setup());
    if (setup != nullptr) return *setup;
    throw lab::InputError(run.folder().string(),
                          "its networks have none of the nodes that this looks at",
                          "give a run of networks on pairs of tokens");
}

// Of one network; the error names it where a run has several.
void check(const CircuitSubcommand& analysis, const pair_study::PairSetup& setup,
           const study::TrainedNetwork& network, int threads) {
    try {
        analysis.check(pair_study::take_snapshot(setup, network.training,
                                                 network.checkpoints.back(), threads));
    } catch (const lab::InputError& error) {
        throw lab::InputError("training " + network.training.name, error.what(), error.hint());
    }
}

// Medians and figures take the last chosen checkpoint of every training; empty: all are of one
// step.
std::string unequal_steps(const std::vector<study::TrainedNetwork>& trained) {
    const auto [first, last] = std::minmax_element(
        trained.begin(), trained.end(), [](const auto& left, const auto& right) {
            return left.checkpoints.back().step < right.checkpoints.back().step;
        });
    const std::int64_t low = first->checkpoints.back().step, high = last->checkpoints.back().step;
    if (low == high) return {};
    return "the trainings stand at different steps, " + first->training.name + " at " +
           std::to_string(low) + " and " + last->training.name + " at " + std::to_string(high) +
           ": figures and medians set them side by side; finish the run with --resume first";
}

int run(const CircuitSubcommand& analysis, const Request& request, const fs::path& place,
        const std::string& settings, const std::string& command) {
    const study::OpenedRun opened(place);
    const pair_study::PairSetup& setup = pair_setup_of(opened);
    const auto trained = opened.trained(study::CheckpointChoice(request.checkpoints));
    const int threads = lab::usable_threads(request.threads);
    for (const study::TrainedNetwork& network : trained) check(analysis, setup, network, threads);
    ResultsFolder results(
        results_path(opened, trained[0].training.name, place, analysis.name, request.out),
        analysis.tables, request.force);
    const fs::path& out = results.path();
    lab::write_atomically(out / "config.toml", settings);
    lab::watch_interrupts();
    const double start = lab::steady_seconds();
    const auto measure = [&](const study::TrainedNetwork& network) {
        lab::throw_if_interrupted();
        if (!request.quiet) {
            std::cerr << analysis.name << ": " << network.training.name << ", "
                      << network.checkpoints.size()
                      << (network.checkpoints.size() == 1 ? " checkpoint\n" : " checkpoints\n");
        }
        analysis.measure(
            pair_study::take_snapshots(setup, network.training, network.checkpoints, threads), out);
    };
    try {
        for (const study::TrainedNetwork& network : trained) measure(network);
    } catch (const lab::Interrupted&) {
        std::cerr << interruption(results) << '\n';
        return kInterrupted;
    }
    const std::string setting =
        opened.program() + " " + lab::printable(opened.folder().filename().string());
    const report::CircuitReport found = analysis.report(out, setting);
    lab::Report report;
    report.title = analysis.name + " of " + setting;
    report.question = analysis.question;
    report.command = command;
    report.verdict = found.verdict;
    report.tables = found.tables;
    report.warnings = found.warnings;
    if (const std::string mixed = unequal_steps(trained); !mixed.empty()) {
        report.warnings.insert(report.warnings.begin(), mixed);
    }
    for (const std::string& failed : report::draw_all(found.figures, out / "figures")) {
        report.warnings.push_back(failed);
    }
    for (const lab::Figure& figure : found.figures) report.figures.emplace_back(figure);
    for (const std::string& warning : report.warnings) std::cerr << "warning: " << warning << '\n';
    report.cost = {{"wall time", lab::format_duration(lab::steady_seconds() - start)}};
    report.environment = report::build_environment();
    lab::write_report(out, report);
    std::cout << results.complete().string() << '\n';
    return 0;
}

}  // namespace

Subcommand make_subcommand(CircuitSubcommand analysis) {
    const auto shared = std::make_shared<const CircuitSubcommand>(std::move(analysis));
    const auto request = std::make_shared<Request>();
    Subcommand self{.name = shared->name,
                    .operands = "RUN|CHECKPOINT",
                    .purpose = shared->purpose,
                    .examples = shared->examples};
    lab::Options& options = *self.options;
    shared->add_options(options);
    options.group("results", "Results");
    options.add("checkpoints", request->checkpoints,
                "of every training: all, last, or how many of the last ones");
    options.add("out", request->out, "folder of the results; empty: RUN/" + shared->name).is_path();
    options.add("threads", request->threads, "0: as many as the machine has").at_least(0);
    options.add("force", request->force, "replace earlier results");
    options.add("quiet", request->quiet, "no progress");
    self.run = [shared, request, list = self.options,
                line = CommandWords(shared->name, options)](const auto& operands) {
        return run(*shared, *request, operands[0], list->to_toml(), line.command(operands, *list));
    };
    return self;
}

}  // namespace dualtape::tools
