// The report of the experiment modular_addition: training, Fourier analysis and ablation.

#include <algorithm>
#include <cmath>

#include "experiments/analyses/ablation/ablation_report.h"
#include "experiments/analyses/fourier/fourier_report.h"
#include "experiments/modular_addition/acceptance.h"
#include "experiments/modular_addition/claims.h"
#include "experiments/modular_addition/report.h"
#include "experiments/modular_addition/summary_json.h"
#include "experiments/modular_addition/training_figures.h"
#include "experiments/report/cost.h"
#include "experiments/report/run_tables.h"
#include "experiments/report/statements.h"

namespace dualtape::modular_addition {

namespace {

namespace fs = std::filesystem;
using Found = ModularAdditionFindings;

std::vector<report::CircuitReport> analyses_of(const fs::path& folder) {
    const std::string setting = setting_of(folder);
    return {analyses::fourier_report(folder, setting), analyses::ablation_report(folder, setting)};
}

std::vector<lab::Figure> make_figures(const fs::path& folder) {
    std::vector<lab::Figure> figures{training_curves(folder)};
    for (report::CircuitReport& part : analyses_of(folder)) {
        std::move(part.figures.begin(), part.figures.end(), std::back_inserter(figures));
    }
    return figures;
}

std::string training_of(const Found& found) {
    const auto is_reached = [&](const char* time) {
        return std::isfinite(found.over_seeds.estimate(time).median);
    };
    const std::string seeds = found.over_seeds.seeds();
    std::string text = "Trained on " + std::to_string(found.train_pairs) + " pairs, ";
    text += is_reached("t_mem") ? "train accuracy is 0.99 from " + found.time("t_mem") + " on"
                                : "which the networks do not fit within the budget";
    if (found.test_pairs == 0) return text + "; no pair is held out (" + seeds + "). ";
    if (is_reached("t_mem")) {
        text += " (logs are " +
                report::readable(report::RunSettings(found.folder).number("train", "log_every")) +
                " steps apart)";
        text += is_reached("t_gen") ? "; test accuracy is 0.95 from " + found.time("t_gen") + " on"
                                    : "; test accuracy does not reach 0.95 within the budget";
    }
    return text + ". At the end test accuracy is " + found.over_seeds.text("test_accuracy") +
           " on " + std::to_string(found.test_pairs) + " held-out pairs (" + seeds + "). ";
}

lab::ReportTable training_table(const Found& found) {
    lab::ReportTable table = report::file_table(
        found.folder / "summary.tsv", "Trainings, seed by seed",
        "Steps from which an accuracy is kept in that log and the next two, logs being " +
            report::readable(report::RunSettings(found.folder).number("train", "log_every")) +
            " steps apart; a dash: not within the budget. Values of the last step are of trainings "
            "that get there. Alarms: logs at which test accuracy had risen by more than 0.3.",
        {"seed", "class", "train 0.99", "test 0.95", "delay", "ratio", "last step", "train loss",
         "test loss", "train accuracy", "test accuracy", "best test accuracy", "alarms"});
    if (found.per_epoch > 1) {
        table.note += " " + report::readable(found.per_epoch) + " steps are an epoch.";
    }
    return table;
}

lab::Report make_report(const fs::path& folder) {
    const Found found(folder);
    lab::Report report;
    report.title = "modular_addition: what the network computes";
    report.question = kModularAdditionQuestion;
    report.verdict = training_of(found);
    report.claims = claims_of_modular_addition(found);
    report.tables = report::acceptance_tables(folder);
    report.tables.push_back(training_table(found));
    for (report::CircuitReport& part : analyses_of(folder)) {
        report.verdict += part.verdict + " ";
        std::move(part.tables.begin(), part.tables.end(), std::back_inserter(report.tables));
    }
    report.warnings = warnings_of_modular_addition(folder);
    report.verdict += report::acceptance_of(folder);
    report.tables.push_back(contradictions_of_modular_addition());
    report.cost = report::read_cost(folder);
    report.environment = report::build_environment();
    report.environment.emplace_back("training in",
                                    found.settings.precision + ", analyses in double");
    report.command = "modular_addition --config config.toml";
    return report;
}

}  // namespace

void summarise_modular_addition(const fs::path& folder) {
    summarise_trainings(folder);
    const Found found(folder);
    write_acceptance(found);
    write_summary_json(found);
}

std::vector<std::string> warnings_of_modular_addition(const fs::path& folder) {
    std::vector<std::string> warnings;
    if (Found(folder).settings.label_noise > 0) {
        warnings.emplace_back(
            "with label noise, Fourier analysis and ablation judge every pair by its true label, "
            "also the training pairs with a wrong one: their train losses and accuracies differ "
            "from those of metrics.tsv, and memorising wrong labels does not count as memorised");
    }
    for (const report::CircuitReport& part : analyses_of(folder)) {
        warnings.insert(warnings.end(), part.warnings.begin(), part.warnings.end());
    }
    return warnings;
}

void add_modular_addition_numbers(const fs::path& folder, lab::Manifest& manifest) {
    const OverSeeds over_seeds(folder);
    for (const std::string& quantity : over_seeds.quantities()) {
        const report::Estimate estimate = over_seeds.estimate(quantity);
        const bool is_step = estimate.is_time && quantity != "delay_ratio";
        manifest.add_number({.name = quantity,
                             .value = estimate.median,
                             .low = estimate.low,
                             .high = estimate.high,
                             .unit = is_step ? "steps" : "",
                             .spread = over_seeds.seeds()});
    }
    manifest.add_number({.name = "steps_per_epoch", .value = steps_per_epoch(folder)});
}

report::ExperimentReport modular_addition_report() {
    const lab::Axis accuracy{.label = "accuracy", .min = 0, .max = 1};
    const lab::Axis nats{.label = "cross-entropy (nats)", .scale = lab::Scale::log};
    return {.figures = make_figures,
            .report = make_report,
            .compared = {{"metrics.tsv", "test_accuracy", "Test accuracy", accuracy},
                         {"metrics.tsv", "test_loss", "Test loss", nats},
                         {"metrics.tsv", "train_loss", "Train loss", nats}}};
}

}  // namespace dualtape::modular_addition
