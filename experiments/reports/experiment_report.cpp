#include "experiments/reports/experiment_report.h"

#include "experiments/lab/errors.h"
#include "experiments/lab/manifest.h"
#include "experiments/lab/suggest.h"
#include "experiments/reports/circuit_emergence.h"
#include "experiments/reports/grokking_hessian.h"
#include "experiments/reports/modular_addition.h"
#include "experiments/reports/run_tables.h"
#include "experiments/setups/open_run.h"

namespace dualtape::reports {

namespace fs = std::filesystem;

ExperimentReport experiment_report(const std::string& program) {
    if (program == "grokking_hessian") return grokking_hessian_report();
    if (program == "circuit_emergence") return circuit_emergence_report();
    if (program == "modular_addition") return modular_addition_report();
    throw lab::InputError("", "\"" + program + "\" is no experiment with a report",
                          "known are " + lab::join(setups::programs()));
}

std::vector<std::string> draw_all(const std::vector<lab::Figure>& figures, const fs::path& folder) {
    std::vector<std::string> warnings;
    bool has_gnuplot = true;
    for (const lab::Figure& figure : figures) {
        const lab::DrawOutcome outcome = lab::draw(figure, folder);
        const bool is_blank = outcome.status == lab::DrawOutcome::Status::blank;
        if (outcome.is_drawn() || is_blank || !has_gnuplot) continue;
        has_gnuplot = outcome.status != lab::DrawOutcome::Status::no_gnuplot;
        warnings.push_back("figure " + figure.stem + ": " + outcome.message +
                           (outcome.hint.empty() ? "" : "; " + outcome.hint));
    }
    return warnings;
}

std::vector<std::string> draw_figures(const fs::path& run) {
    const std::string program = lab::manifest_facts(run / "manifest.json").program;
    return draw_all(experiment_report(program).figures(run), run / "figures");
}

fs::path write_report(const fs::path& run) {
    const setups::OpenedRun opened(run);
    const std::unique_ptr<setups::Setup> setup = setups::make_setup(opened.program());
    lab::Options defaults;
    setup->add_options(defaults);
    const ExperimentReport experiment = experiment_report(opened.program());
    lab::Report report = experiment.report(run);
    report.changed = changed_settings(opened.options(), defaults);
    const lab::ManifestFacts facts = lab::manifest_facts(run / "manifest.json");
    if (facts.status == "failed") {
        report.verdict =
            "The run failed: " + facts.reason + ". What follows is what it left. " + report.verdict;
        report.warnings.insert(report.warnings.begin(), "the run failed: " + facts.reason);
    }
    for (const lab::Figure& figure : experiment.figures(run)) report.figures.emplace_back(figure);
    return lab::write_report(run, report);
}

}  // namespace dualtape::reports
