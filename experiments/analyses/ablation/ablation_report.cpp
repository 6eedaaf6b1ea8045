#include "experiments/analyses/ablation/ablation_report.h"

#include <algorithm>
#include <cmath>

#include "experiments/analyses/ablation/ablation_figures.h"
#include "experiments/analyses/ablation/ablation_numbers.h"
#include "experiments/lab/suggest.h"
#include "experiments/report/run_tables.h"

namespace dualtape::analyses {

namespace {

namespace fs = std::filesystem;

// What the totals of one training say.
std::string sentence(const report::TableSlice& summary, const report::TableSlice& circuits) {
    const auto fact = [&](const char* name, const std::string& part, const std::string& mode) {
        return summary.where("fact", name)
            .where("part", part)
            .where("mode", mode)
            .first_number("value");
    };
    const std::string part = std::isnan(fact("clean_accuracy", "test", "")) ? "train" : "test";
    const std::string mode = summary.where("fact", "top_5_accuracy_change").first_text("mode");
    const double units = fact("units", "", "");
    const auto most_important = [&](double wanted) {
        return "the " + report::readable(std::min(wanted, units)) + " most important ";
    };
    std::string text = summary.training() + " at step " + summary.first_text("step") + ", " +
                       report::readable(units) + " units of " + summary.first_text("node") + ", " +
                       part + " accuracy " + report::readable(fact("clean_accuracy", part, "")) +
                       ": with units " + replaced_by(mode) + ", ";
    const double single = fact("largest_single_accuracy_drop", part, mode);
    if (!std::isnan(single)) text += "one costs at most " + report::readable(single) + " of it, ";
    text += most_important(5) + "change it by " +
            report::readable(fact("top_5_accuracy_change", part, mode)) + ", " +
            most_important(10) + "by " +
            report::readable(fact("top_10_accuracy_change", part, mode)) + ", all units leave " +
            report::readable(fact("all_zero_accuracy", part, "")) + " (at zero)";
    const report::TableSlice circuit = circuits.where("share", "0.99").where("part", part);
    if (circuit.is_empty()) return text + ". ";
    return text + "; " + circuit.first_text("size") +
           " units, chosen on the train pairs, keep 0.99 of the train accuracy and have " + part +
           " accuracy " + report::readable(circuit.first_number("accuracy")) +
           ", random sets of as many " + report::readable(circuit.first_number("random_accuracy")) +
           ". ";
}

// Notes of the summary that say what is left out, each once, with the trainings that they are of
// unless it is all.
std::vector<std::string> omissions(const report::TableSlice& summary) {
    std::vector<std::string> notes;
    const std::size_t all = summary.trainings().size();
    for (const char* fact : {"clean_accuracy", "clusters", "embedding_frequencies"}) {
        const report::TableSlice facts = summary.where("fact", fact);
        for (const std::string& note : report::distinct(facts.texts("note"))) {
            if (note.empty()) continue;
            std::vector<std::string> of;
            for (const report::TableSlice& training : facts.where("note", note).trainings()) {
                of.push_back(training.training());
            }
            notes.push_back(of.size() == all ? note : note + " (" + lab::join(of, "; ") + ")");
        }
    }
    return report::distinct(notes);
}

}  // namespace

report::CircuitReport ablation_report(const fs::path& folder, const std::string& setting) {
    report::CircuitReport report;
    const report::TableSlice summary(folder / "ablation_summary.tsv");
    if (summary.is_empty()) return report;
    const std::vector<report::TableSlice> trainings = summary.trainings();
    const AblationSource source{folder, trainings[0].training(), setting};
    report.verdict = sentence(trainings[0].at_last_step(), source.rows("minimal_circuit.tsv"));
    if (trainings.size() > 1) {
        report.verdict += "Figures show this training; the tables, all " +
                          std::to_string(trainings.size()) + ". ";
    }
    for (const auto& figure :
         {ablation_curves(source), ablation_single(source), pair_interactions(source),
          ablation_over_time(source), neuron_importance(source), activation_heatmap(source),
          activation_vs_sum(source)}) {
        if (figure) report.figures.push_back(*figure);
    }
    report.tables = ablation_numbers(folder);
    report.warnings = omissions(summary);
    return report;
}

}  // namespace dualtape::analyses
