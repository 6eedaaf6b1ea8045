// The report of the experiment circuit_emergence.

#include "experiments/lab/report.h"

#include <cmath>

#include "experiments/analyses/probes/probe_report.h"
#include "experiments/analyses/probes/probe_words.h"
#include "experiments/circuit_emergence/claims.h"
#include "experiments/circuit_emergence/figures.h"
#include "experiments/circuit_emergence/report.h"
#include "experiments/report/cost.h"
#include "experiments/report/decisions.h"
#include "experiments/report/statements.h"

namespace dualtape::circuit_emergence {

namespace {

namespace fs = std::filesystem;
using lab::ReportTable;

ReportTable training_table(const Findings& found) {
    ReportTable table;
    table.title = "Trainings by width";
    table.note =
        "First logged step from which the accuracy is kept in that log and the next two; "
        "Kaplan-Meier medians over the seeds. Accuracies at the last log, " +
        found.seeds() +
        ". Clearest frequency of x + y: of the first seed, with the R^{2} of "
        "its cosine and sine together; wave: R^{2} of the clearest single wave of any phase.";
    table.columns = {"width",         "train 0.99", "test 0.95", "generalised", "train accuracy",
                     "test accuracy", "frequency",  "R^{2}",     "wave"};
    for (const std::int64_t width : found.widths()) {
        const Summary& summary = found.summary;
        table.rows.push_back({std::to_string(width), summary.time(width, "t_mem"),
                              found.has_test() ? summary.time(width, "t_gen") : "no test pairs",
                              found.has_test() ? summary.share(width, "t_gen") : "–",
                              summary.mean(width, "train_accuracy"),
                              summary.mean(width, "test_accuracy"),
                              report::readable(summary.numbers(width, "key_frequency")[0]),
                              report::readable(summary.numbers(width, "key_r2")[0]),
                              report::readable(summary.numbers(width, "wave_r2")[0])});
    }
    return table;
}

// A concept with its controls at every width and layer. measure: "accuracy", with the share of the
// commonest class and the literal protocol; or "balanced_accuracy", of which chance is 0.5.
ReportTable control_table(const Findings& found, const std::string& topic,
                          const std::string& measure) {
    const bool is_balanced = measure == "balanced_accuracy";
    ReportTable table;
    table.title = "\"" + name_of_concept(topic) + "\" with its controls";
    table.note = std::string(is_balanced ? "Balanced accuracy" : "Accuracy") +
                 " of linear probes at the last step, on " + found.probed_pairs() +
                 "; p: of permuted labels, the largest of the seeds; ≤: none scores as high." +
                 found.interval_note();
    const double permutations = found.settings.number("probe", "probe_permutations");
    table.columns = {"width",           "layer",     "held out",
                     "shuffled labels", "untrained", "random per value",
                     "selectivity",     "p"};
    std::vector<std::string> quantities{measure,
                                        "shuffled_" + measure,
                                        "untrained_" + measure,
                                        "control_task_" + measure,
                                        is_balanced ? "balanced_selectivity" : "selectivity",
                                        "p_value"};
    if (!is_balanced) {
        table.columns.insert(table.columns.end(), {"commonest class", "literal protocol"});
        quantities.insert(quantities.end(), {"base_rate", "literal_accuracy"});
    }
    for (const std::int64_t width : found.widths()) {
        for (const std::string& node : found.rows.nodes) {
            std::vector<std::string> row{std::to_string(width), analyses::node_label(node)};
            for (const std::string& quantity : quantities) {
                const Measured mean = found.find(width, node, topic, quantity).mean;
                row.push_back(quantity == "p_value"
                                  ? report::p_value_in_table(mean.value, permutations)
                              : quantity == "base_rate" ? report::readable(mean.value)
                                                        : text_of(mean));
            }
            table.rows.push_back(std::move(row));
        }
    }
    return table;
}

ReportTable frequency_table(const Findings& found) {
    ReportTable table;
    table.title = "Frequencies of x + y";
    table.note =
        "R^{2} of ridge regression, left out one by one, at the last step: mean over all "
        "frequencies, and the best frequency, cosine and sine together; wave: of the one wave "
        "that is read best, whatever its phase. A network that uses one phase of a frequency alone "
        "shows a wave near 1 and a frequency near 0.5. In brackets 95 % over the seeds." +
        std::string(found.is_one_seed() ? " One seed: no interval." : "");
    table.columns = {"width", "layer",           "mean", "mean, untrained",
                     "best",  "best, untrained", "wave", "wave, untrained"};
    for (const std::int64_t width : found.widths()) {
        for (const std::string& node : found.rows.nodes) {
            std::vector<std::string> row{std::to_string(width), analyses::node_label(node)};
            for (const char* quantity : {kMeanR2, "untrained_mean_r2", kBestR2, "untrained_best_r2",
                                         kBestWaveR2, "untrained_best_wave_r2"}) {
                row.push_back(found.by_width.text(width, node, "fourier_sum", quantity));
            }
            table.rows.push_back(std::move(row));
        }
    }
    return table;
}

std::vector<ReportTable> tables_of(const Findings& found, const fs::path& folder) {
    std::vector<ReportTable> tables{training_table(found)};
    for (ReportTable& table : report::acceptance_tables(folder)) tables.push_back(std::move(table));
    if (found.judged.is_published() && fs::exists(folder / "reference.tsv")) {
        tables.push_back(report::file_table(
            folder / "reference.tsv", "Published numbers beside ours",
            "Published: one run per width, each probe scored on the pairs of its fit. Measured: "
            "the same protocol, mean over the seeds with its 95 % interval; L-BFGS takes at most " +
                report::readable(found.settings.number("probe", "probe_literal_iterations")) +
                " iterations. Converged: the same mean at the minimum.",
            {"quantity", "width", "layer", "published", "measured", "from", "to", "converged",
             "seeds", "difference", "tolerance", "verdict"}));
    }
    if (found.is_probed("x_even")) tables.push_back(control_table(found, "x_even", "accuracy"));
    if (const auto emerging = found.emerging()) {
        tables.push_back(control_table(found, emerging->topic, "balanced_accuracy"));
    }
    if (found.is_probed()) tables.push_back(frequency_table(found));
    for (ReportTable& table : analyses::probe_report(folder, found.setting()).tables) {
        tables.push_back(std::move(table));
    }
    ReportTable changes = report::file_table(
        folder / "emergence.tsv", "Phase changes",
        "Rises above 0.3 from one probed step to the next: of the held-out accuracy of a concept, "
        "or of the mean R^{2} of the frequencies of an operand.",
        {"width", "seed", "layer", "concept", "step before", "step", "from", "to"});
    if (changes.rows.empty()) changes.note += " None.";
    tables.push_back(std::move(changes));
    tables.push_back(contradictions());
    return tables;
}

std::string training_of(const Findings& found) {
    if (!found.has_test()) return "The networks train on all pairs, the probed ones included. ";
    std::vector<std::string> reached;
    for (const std::int64_t width : found.widths()) {
        reached.push_back(found.summary.share(width, "t_gen") + " at width " +
                          std::to_string(width));
    }
    return "Of the networks, " + report::listing(reached) + " reach 0.95 test accuracy. ";
}

// What is read at the deepest hidden layer, against its controls.
std::string reading_of(const Findings& found) {
    if (!found.is_probed()) return "Nothing was probed. ";
    const std::string node = found.rows.deepest_hidden();
    const std::int64_t least = found.widths().front(), most = found.widths().back();
    const auto said = [&](std::int64_t width, const char* topic, const char* quantity) {
        return found.by_width.text(width, node, topic, quantity);
    };
    std::string text = "At " + analyses::node_label(node) +
                       ", linear maps explain this share of x + y (mean R^{2} over frequencies): ";
    text += said(least, "fourier_sum", kMeanR2) + " at width " + std::to_string(least);
    if (most != least) {
        text += ", " + said(most, "fourier_sum", kMeanR2) + " at width " + std::to_string(most);
    }
    text += "; before training " + said(most, "fourier_sum", "untrained_mean_r2") + ". ";
    if (const auto emerging = found.emerging()) {
        const auto of = [&](const std::string& where, const char* quantity) {
            return found.by_width.text(most, where, emerging->topic, quantity);
        };
        text += "What becomes readable behind the input most of all is \"" +
                name_of_concept(emerging->topic) + "\": balanced accuracy " +
                of("input", "balanced_accuracy") + " at the input and " +
                of(emerging->node, "balanced_accuracy") + " at " +
                analyses::node_label(emerging->node) + " of width " + std::to_string(most) + ", " +
                of(emerging->node, "untrained_balanced_accuracy") + " before training, " +
                of(emerging->node, "control_task_balanced_accuracy") +
                " for random labels of the same values (selectivity " +
                of(emerging->node, "balanced_selectivity") + "). ";
    }
    if (const auto most_selective = found.most_selective()) {
        const Place& at = most_selective->at;
        text += "The largest selectivity of a single training, which the choice flatters, is " +
                text_of(most_selective->selectivity) + ": \"" +
                name_of_concept(most_selective->topic) + "\" at " + analyses::node_label(at.node) +
                " of width " + std::to_string(at.width) + ", seed " + std::to_string(at.seed) +
                ", with balanced accuracy " + report::readable(most_selective->balanced_accuracy) +
                ". ";
    }
    if (!found.is_probed("x_even")) return text;
    return text + "\"x is even\" is read at " + analyses::node_label(node) +
           " with held-out accuracy " + said(most, "x_even", "accuracy") + " at width " +
           std::to_string(most) + ", against " + said(most, "x_even", "shuffled_accuracy") +
           " for shuffled labels and " + said(most, "x_even", "untrained_accuracy") +
           " before training. ";
}

}  // namespace

std::vector<lab::Figure> make_figures(const fs::path& folder) {
    const Findings found(folder);
    if (!found.is_probed()) return {};
    const std::vector<LoggedTraining> trainings = logged_trainings(folder);
    std::vector<lab::Figure> figures{accuracy_by_width(found), selectivity_by_width(found)};
    for (const std::int64_t width : found.widths()) {
        figures.push_back(accuracy_by_layer(found, width));
    }
    for (const std::int64_t width : found.widths()) {
        figures.push_back(accuracy_by_step(found, trainings, width));
    }
    for (const std::int64_t width : found.widths()) {
        figures.push_back(concept_matrix(found, width));
    }
    for (const std::int64_t width : found.widths()) {
        figures.push_back(frequency_map(found, width));
    }
    figures.push_back(erasure_effect(found));
    std::erase_if(figures, [](const lab::Figure& figure) { return figure.panels.empty(); });
    return figures;
}

lab::Report make_report(const fs::path& folder) {
    const Findings found(folder);
    lab::Report report;
    report.title = "circuit_emergence: what can be read, and where";
    report.question = kQuestion;
    report.verdict = training_of(found) + reading_of(found) + report::acceptance_of(folder) +
                     "Measured on " + found.seeds() + ".";
    report.claims = judge_claims(found);
    report.tables = tables_of(found, folder);
    report.warnings = analyses::probe_report(folder, found.setting()).warnings;
    report.cost = report::read_cost(folder);
    report.environment = report::build_environment();
    report.environment.emplace_back("training in",
                                    found.settings.text("", "precision") + ", probes in double");
    report.command = "circuit_emergence --config config.toml";
    return report;
}

report::ExperimentReport circuit_emergence_report() {
    const lab::Axis accuracy{.label = "accuracy", .min = 0, .max = 1};
    const lab::Axis nats{.label = "cross-entropy (nats)", .scale = lab::Scale::log};
    return {.figures = make_figures,
            .report = make_report,
            .compared = {{"metrics.tsv", "test_accuracy", "Test accuracy", accuracy},
                         {"metrics.tsv", "test_loss", "Test loss", nats},
                         {"metrics.tsv", "train_loss", "Train loss", nats}}};
}

}  // namespace dualtape::circuit_emergence
