// dualtape report: figures and report of a finished run once more, or a comparison of several runs.

#include <filesystem>
#include <iostream>

#include "experiments/comparison/comparison.h"
#include "experiments/lab/files.h"
#include "experiments/lab/interrupt.h"
#include "experiments/lab/manifest.h"
#include "experiments/lab/shell_word.h"
#include "experiments/registry.h"
#include "experiments/study/open_run.h"
#include "tools/dualtape/results_folder.h"
#include "tools/dualtape/subcommand.h"

namespace dualtape::tools {

namespace {

namespace fs = std::filesystem;
using lab::InputError;

struct ReportSettings {
    std::string out;
    bool force = false;
};

fs::path rebuild(const ReportSettings& settings, const fs::path& run) {
    if (!settings.out.empty() || settings.force) {
        throw InputError(
            settings.out.empty() ? "--force" : "--out", "is for comparisons",
            "leave it out, as figures and report of one run belong into its folder; or "
            "give several runs");
    }
    const study::OpenedRun opened(run);
    if (opened.is_single()) {
        throw InputError(run.string(), "is a checkpoint, not a run",
                         "give its run folder, " + opened.folder().string());
    }
    if (!fs::exists(run / "DONE") && !fs::exists(run / "FAILED")) {
        throw InputError(run.string(), "has not ended, so its tables are not whole",
                         "finish it with  " + opened.program() + " --resume --out " +
                             lab::shell_word(run.string()));
    }
    const auto warn = [](const std::vector<std::string>& warnings) {
        for (const std::string& warning : warnings) std::cerr << "warning: " << warning << '\n';
    };
    warn(lab::changed_files(run / "manifest.json"));
    const report::ExperimentReport experiment = experiments::experiment_report(opened.program());
    warn(report::draw_figures(experiment, run));
    if (lab::is_manifest(run / "manifest.json")) lab::refresh_files(run / "manifest.json");
    return report::write_report(experiment, run);
}

fs::path compare(const ReportSettings& settings, const std::vector<fs::path>& runs) {
    const comparison::Comparison comparison(runs);
    for (const fs::path& run : runs) {
        for (const std::string& warning : lab::changed_files(run / "manifest.json")) {
            std::cerr << "warning: " << run.string() << ": " << warning << '\n';
        }
    }
    ResultsFolder results(settings.out.empty() ? "comparison" : settings.out,
                          comparison::Comparison::tables(), settings.force);
    comparison.write(results.path(), results.place());
    return results.complete();
}

}  // namespace

Subcommand report() {
    const auto settings = std::make_shared<ReportSettings>();
    Subcommand self{
        .name = "report",
        .operands = "RUN...",
        .purpose = "draw figures and report of a run once more, or compare several runs",
        .most = Subcommand::kAny,
        .examples = {{"runs/first", "figures and report.html from the tables of the run"},
                     {"runs/first runs/second --out comparison",
                      "settings, numbers and curves of both on one page; of different experiments "
                      "what they share"}}};
    self.options->add("out", settings->out, "folder of a comparison; default comparison").is_path();
    self.options->add("force", settings->force, "replace an earlier comparison there");
    self.run = [settings](const std::vector<std::string>& operands) {
        lab::watch_interrupts();
        const fs::path page = operands.size() == 1
                                  ? rebuild(*settings, operands[0])
                                  : compare(*settings, {operands.begin(), operands.end()});
        std::cout << page.string() << '\n';
        return 0;
    };
    return self;
}

}  // namespace dualtape::tools
