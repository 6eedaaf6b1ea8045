#include "experiments/report/experiment_report.h"

#include <algorithm>

#include "experiments/lab/interrupt.h"
#include "experiments/lab/manifest.h"
#include "experiments/lab/table.h"
#include "experiments/report/run_tables.h"
#include "experiments/study/open_run.h"
#include "experiments/study/recipe_match.h"
#include "experiments/study/recipes.h"

namespace dualtape::report {

namespace fs = std::filesystem;

namespace {

// False for a run whose trainings all diverged at step 0, and for one whose table was cut: no row.
bool is_measured(const fs::path& run) {
    return !fs::exists(run / "metrics.tsv") || lab::read_table(run / "metrics.tsv").num_rows() > 0;
}

lab::Report report_without_numbers(const std::string& program, const fs::path& run) {
    lab::Report report;
    report.title = program + ": no numbers are there";
    report.verdict =
        fs::exists(run / "DONE")
            ? "The run was finished, but its metrics.tsv holds no row any more: the table was cut. "
              "Without it there are no curves; run the settings again to get them back."
            : "No training has a finite loss at step 0, so there are no numbers and no curves.";
    report.environment = build_environment();
    report.command = program + " --config config.toml";
    return report;
}

// Against the recipe that was run; of a run from a file or from the command line alone, the
// defaults.
std::vector<std::pair<std::string, std::string>> changed_from_recipe(const study::OpenedRun& run,
                                                                     const std::string& recipe) {
    const std::vector<lab::Recipe> all = study::recipes(run.program());
    const bool has_recipe = std::any_of(all.begin(), all.end(),
                                        [&](const lab::Recipe& one) { return one.name == recipe; });
    const study::ExperimentSettings base = has_recipe
                                               ? study::settings_of_recipe(run.program(), recipe)
                                               : study::ExperimentSettings(run.program());
    return changed_settings(run.options(), base.options,
                            has_recipe ? "recipe " + recipe : "default");
}

}  // namespace

std::vector<std::string> draw_all(const std::vector<lab::Figure>& figures, const fs::path& folder) {
    using Status = lab::DrawOutcome::Status;
    std::vector<std::string> warnings;
    bool has_gnuplot = true;
    for (const lab::Figure& figure : figures) {
        lab::throw_if_interrupted();
        if (!has_gnuplot) {
            lab::write_figure(figure, folder);
            continue;
        }
        const lab::DrawOutcome outcome = lab::draw(figure, folder);
        lab::throw_if_interrupted();
        if (outcome.is_drawn() || outcome.status == Status::blank) continue;
        has_gnuplot = outcome.status == Status::failed;
        warnings.push_back("figure " + figure.stem + ": " + outcome.message +
                           (outcome.hint.empty() ? "" : "; " + outcome.hint));
    }
    return warnings;
}

std::vector<std::string> draw_figures(const ExperimentReport& experiment, const fs::path& run) {
    if (!is_measured(run)) return {};
    return draw_all(experiment.figures(run), run / "figures");
}

fs::path write_report(const ExperimentReport& experiment, const fs::path& run) {
    const study::OpenedRun opened(run);
    const bool has_numbers = is_measured(run);
    lab::Report report =
        has_numbers ? experiment.report(run) : report_without_numbers(opened.program(), run);
    const lab::ManifestFacts facts = lab::manifest_facts(run / "manifest.json");
    report.changed = changed_from_recipe(opened, facts.recipe);
    if (facts.status == "failed") {
        report.verdict =
            "The run failed: " + facts.reason + ". What follows is what it left. " + report.verdict;
        report.warnings.insert(report.warnings.begin(), "the run failed: " + facts.reason);
    }
    for (std::string& warning : lab::changed_files(run / "manifest.json")) {
        report.warnings.push_back(std::move(warning));
    }
    if (has_numbers)
        for (const lab::Figure& figure : experiment.figures(run))
            report.figures.emplace_back(figure);
    return lab::write_report(run, report);
}

}  // namespace dualtape::report
