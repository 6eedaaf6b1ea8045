// What the settings of modular_addition are known to show, and whether a run shows it.

#include <algorithm>
#include <cmath>

#include "experiments/reports/modular_addition/acceptance.h"
#include "experiments/reports/run_tables.h"
#include "experiments/reports/statements.h"

namespace dualtape::reports {

namespace {

using Found = ModularAdditionFindings;

std::string judged(double measured, bool holds) {
    return std::isnan(measured) ? "not judged: not measured in this run" : verdict_of(holds);
}

constexpr double kShortest = 1000;  // steps; shorter trainings claim nothing

std::vector<Statement> of_published_setting(const Found& found, const lab::Table& summary) {
    const auto accuracies = summary.numbers("test_accuracy");
    const double least = *std::min_element(accuracies.begin(), accuracies.end());
    const Estimate importance = found.ablation.estimate("importance_mean");
    const std::vector<double> drops = found.ablation.numbers("largest_single_accuracy_drop",
                                                             {{"part", "test"}, {"mode", "zero"}});
    const double drop =
        drops.empty() ? std::nan("") : *std::max_element(drops.begin(), drops.end());
    return {{"the network has 109 297 parameters", std::to_string(found.num_parameters),
             verdict_of(found.num_parameters == 109297)},
            {"an epoch has 157 minibatches", readable(found.per_epoch),
             verdict_of(found.per_epoch == 157)},
            {"every seed ends with 0.995 test accuracy or more", "least: " + readable(least),
             verdict_of(least >= 0.995)},
            {"the mean importance of a neuron is 2 to 6", text_of(importance),
             found.settings.ablation.importance == "mean_magnitude"
                 ? judged(importance.median, importance.median >= 2 && importance.median <= 6)
                 : "not judged: units are ranked by another importance"},
            {"no single neuron costs more than 0.01 of test accuracy", "largest: " + readable(drop),
             judged(drop, drop <= 0.01)}};
}

std::vector<Statement> of_grokking_setting(const Found& found, const lab::Table& summary) {
    const auto holds = [&](const char* column, double least) {
        const auto values = summary.numbers(column);
        return verdict_of(std::all_of(values.begin(), values.end(),
                                      [&](double value) { return value >= least; }));
    };
    std::vector<Statement> all{
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
             verdict_of(least >= 0.5)});
    }
    return all;
}

}  // namespace

void write_acceptance(const ModularAdditionFindings& found) {
    const lab::Table summary = lab::read_table(found.folder / "summary.tsv");
    const setups::ModularAdditionSettings& of = found.settings;
    const bool is_clean = of.label_noise == 0 && of.operand_noise == 0 &&
                          of.task.operation == "add" && of.split.train_fraction < 1;
    std::vector<Statement> statements;
    if (found.is_published) {
        statements = of_published_setting(found, summary);
    } else if (is_clean && of.train.steps >= kShortest && of.train.batch_size == 0 &&
               of.train.optimiser.optimiser == "adamw" && of.train.optimiser.weight_decay >= 0.5) {
        statements = of_grokking_setting(found, summary);
    }
    write_statements(found.folder, statements);
}

}  // namespace dualtape::reports
