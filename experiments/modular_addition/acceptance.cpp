// What the settings of modular_addition are known to show, and whether a run shows it.

#include <algorithm>
#include <cmath>
#include <limits>

#include "experiments/modular_addition/acceptance.h"
#include "experiments/report/run_tables.h"
#include "experiments/report/statements.h"

namespace dualtape::modular_addition {

namespace {

using Found = ModularAdditionFindings;

std::string judged(double measured, bool holds) {
    return std::isnan(measured) ? report::not_judged("not measured in this run")
                                : report::verdict_of(holds);
}

// NaN where one is: a training that has not reached the last step.
double least_of(const std::vector<double>& values) {
    double least = std::numeric_limits<double>::infinity();
    for (const double value : values) least = value < least || std::isnan(value) ? value : least;
    return least;
}

std::vector<report::Statement> of_published_setting(const Found& found, const lab::Table& summary) {
    const double least = least_of(summary.numbers("test_accuracy"));
    const report::Estimate importance = found.ablation.estimate("importance_mean");
    const std::vector<double> drops = found.ablation.numbers("largest_single_accuracy_drop",
                                                             {{"part", "test"}, {"mode", "zero"}});
    const double drop =
        drops.empty() ? std::nan("") : *std::max_element(drops.begin(), drops.end());
    return {{"the network has 109 297 parameters", std::to_string(found.num_parameters),
             report::verdict_of(found.num_parameters == 109297)},
            {"an epoch has 157 minibatches", report::readable(found.per_epoch),
             report::verdict_of(found.per_epoch == 157)},
            {"every seed ends with 0.995 test accuracy or more",
             "least: " + report::readable(least), judged(least, least >= 0.995)},
            {"the mean importance of a neuron is 2 to 6", report::text_of(importance),
             found.settings.ablation.importance == "mean_magnitude"
                 ? judged(importance.median, importance.median >= 2 && importance.median <= 6)
                 : report::not_judged("units are ranked by another importance")},
            {"no single neuron costs more than 0.01 of test accuracy",
             "largest: " + report::readable(drop), judged(drop, drop <= 0.01)}};
}

std::vector<report::Statement> of_grokking_setting(const Found& found, const lab::Table& summary) {
    const auto holds = [&](const char* column, double least) {
        const auto values = summary.numbers(column);
        return report::verdict_of(std::all_of(values.begin(), values.end(),
                                              [&](double value) { return value >= least; }));
    };
    std::vector<report::Statement> all{
        {"every seed reaches 0.95 test accuracy",
         "test 0.95 at " + found.time("t_gen") + "; at the end " +
             found.over_seeds.text("test_accuracy"),
         holds("test_accuracy", 0.95)},
        {"test accuracy 0.95 comes at twice the step of train accuracy 0.99, or later",
         "ratio " + found.over_seeds.text("delay_ratio"), holds("delay_ratio", 2)}};
    const std::vector<double> shares = found.fourier.numbers("explained_share");
    if (!shares.empty()) {
        const double least = *std::min_element(shares.begin(), shares.end());
        all.push_back(
            {"single frequencies explain 0.85 of the variance of half of the live "
             "neurons or more",
             "share of neurons " + found.fourier.text("explained_share") +
                 "; mean explained variance " + found.fourier.text("mean_fve"),
             report::verdict_of(least >= 0.5)});
    }
    return all;
}

}  // namespace

void write_acceptance(const ModularAdditionFindings& found) {
    const lab::Table summary = lab::read_table(found.folder / "summary.tsv");
    const std::string& recipe = found.setting.recipe;
    std::vector<report::Statement> statements;
    if (recipe == report::kPublishedRecipe) statements = of_published_setting(found, summary);
    if (recipe == "corrected" || recipe == "quick") {
        statements = of_grokking_setting(found, summary);
    }
    const std::string why = found.setting.why_not_judged();
    report::write_statements(found.folder,
                             why.empty() ? statements : report::unjudged(statements, why));
}

}  // namespace dualtape::modular_addition
