#include "experiments/analyses/probes/probe_report.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "experiments/analyses/probes/probe_figures.h"
#include "experiments/analyses/probes/probe_words.h"
#include "experiments/report/decisions.h"
#include "experiments/report/run_tables.h"

namespace dualtape::analyses {

namespace {

const report::SnapshotTable::Cell kHeldOut{"protocol", "held_out"}, kTrained{"control", "none"};

std::string with_interval(double value, double low, double high) {
    if (std::isnan(value)) return "–";
    if (std::isnan(low) || low == high) return report::readable(value);
    return report::readable(value) + " (" + report::readable(low) + " to " +
           report::readable(high) + ")";
}

// Where a concept of a family is read best, by balanced accuracy.
struct BestNode {
    std::string node;
    statistics::Band scores;  // one point
};
BestNode best_node(const report::SnapshotTable& probes, std::size_t family,
                   const std::string& name) {
    const std::vector<std::string> nodes = probes.distinct("node");
    const statistics::Band band = probes.band(
        "balanced_accuracy", family, {{"concept", name}, kTrained, kHeldOut}, "node", nodes);
    BestNode best;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (std::isnan(band.middle[i])) continue;
        if (!best.node.empty() && !(band.middle[i] > best.scores.middle[0])) continue;
        best = {nodes[i], {{band.middle[i]}, {band.low[i]}, {band.high[i]}}};
    }
    return best;
}

// Over the seeds; a dash where labels were not permuted.
std::string largest_p_value(const report::SnapshotTable& probes, std::size_t family,
                            const std::string& name, const std::string& node) {
    double largest = NAN, permutations = NAN;
    for (const std::size_t row :
         probes.last_rows(family, {{"concept", name}, kTrained, kHeldOut, {"node", node}})) {
        largest = std::fmax(largest, probes.number(row, "p_value_balanced_accuracy"));
        permutations = std::fmax(permutations, probes.number(row, "permutations"));
    }
    return report::p_value_in_table(largest, permutations);
}

lab::ReportTable best_table(const report::SnapshotTable& probes) {
    lab::ReportTable table{
        .title = "Where each concept is read best",
        .note =
            "Balanced accuracy, held out, at the node where it is largest, which flatters it a "
            "little; p: share of label permutations that score as high, the largest of the seeds; "
            "≤: none does.",
        .columns = {"training", "concept", "node", "balanced accuracy", "ROC AUC", "shuffled",
                    "control task", "untrained", "p"}};
    for (std::size_t family = 0; family < probes.families().size(); ++family) {
        for (const std::string& name : probes.distinct("concept")) {
            const BestNode best = best_node(probes, family, name);
            if (best.node.empty()) continue;
            const auto at = [&](const std::string& column, const char* control) {
                const statistics::Band band =
                    probes.band(column, family, {{"concept", name}, {"control", control}, kHeldOut},
                                "node", {best.node});
                return with_interval(band.middle[0], band.low[0], band.high[0]);
            };
            table.rows.push_back({probes.families()[family], name, node_label(best.node),
                                  at("balanced_accuracy", "none"), at("roc_auc", "none"),
                                  at("balanced_accuracy", "shuffled"),
                                  at("balanced_accuracy", "control_task"),
                                  at("balanced_accuracy", "untrained"),
                                  largest_p_value(probes, family, name, best.node)});
        }
    }
    return table;
}

lab::ReportTable selectivity_table(const report::SnapshotTable& selectivity) {
    const std::vector<std::string> nodes = selectivity.distinct("node");
    lab::ReportTable table{
        .title = "Selectivity",
        .note =
            "Balanced accuracy of the concept less that of random labels by type, which a "
            "probe can only memorise; 95 % intervals in brackets.",
        .columns = {"training", "concept"}};
    for (const std::string& node : nodes) table.columns.push_back(node_label(node));
    // Equal shares of samples, summed in another order, differ by rounding.
    const auto difference = [](double value) { return std::abs(value) < 1e-12 ? 0 : value; };
    for (std::size_t family = 0; family < selectivity.families().size(); ++family) {
        for (const std::string& name : selectivity.distinct("concept")) {
            const statistics::Band band = selectivity.band("balanced_selectivity", family,
                                                           {{"concept", name}}, "node", nodes);
            std::vector<std::string> row{selectivity.families()[family], name};
            for (std::size_t i = 0; i < nodes.size(); ++i) {
                row.push_back(with_interval(difference(band.middle[i]), difference(band.low[i]),
                                            difference(band.high[i])));
            }
            table.rows.push_back(std::move(row));
        }
    }
    return table;
}

std::string verdict_of(const report::SnapshotTable& probes, const report::SnapshotTable& phases) {
    std::string verdict;
    const std::vector<std::string> headline = headline_concepts(probes);
    for (std::size_t family = 0; family < probes.families().size(); ++family) {
        std::vector<std::string> parts;
        for (const std::string& name : headline) {
            const BestNode best = best_node(probes, family, name);
            if (best.node.empty()) continue;
            parts.push_back(
                name + " " +
                with_interval(best.scores.middle[0], best.scores.low[0], best.scores.high[0]) +
                " at " + node_label(best.node));
        }
        if (parts.empty()) continue;
        const std::string& of = probes.families()[family];
        verdict += (of.empty() ? "Read" : "At " + of + ", read") +
                   " best, by held-out balanced accuracy: " + report::listing(parts) + ". ";
    }
    for (std::size_t family = 0; family < phases.families().size(); ++family) {
        double best = -1;
        std::string where;
        for (const std::size_t row : phases.last_rows(family, {{"operand", "sum"}})) {
            if (!(phases.number(row, "r2") > best)) continue;
            best = phases.number(row, "r2");
            where = "k = " + phases.text(row, "frequency") + " at " +
                    node_label(phases.text(row, "node"));
        }
        if (where.empty()) continue;
        const std::string& of = phases.families()[family];
        verdict += "The phase of x + y is read with R² up to " + report::readable(best) + ", " +
                   where + (of.empty() ? "" : " (" + of + ")") + ". ";
    }
    return verdict;
}

std::vector<std::string> warnings_of(const report::SnapshotTable& probes) {
    std::vector<std::string> warnings, rare;
    std::size_t all = 0, unconverged = 0, literal = 0, stopped = 0;
    bool is_seen = false;
    std::map<std::string, std::size_t> notes;
    for (std::size_t family = 0; family < probes.families().size(); ++family) {
        for (const std::size_t row : probes.rows(family, {})) {
            is_seen |= probes.number(row, "seen_in_training") == 1;
            const double failed = probes.number(row, "num_unconverged");
            const bool is_literal = probes.text(row, "protocol") == "literal";
            (is_literal ? literal : all) += std::isnan(failed) ? 0 : 1;
            (is_literal ? stopped : unconverged) += failed > 0 ? 1 : 0;
            const std::string &note = probes.text(row, "note"), &name = probes.text(row, "concept");
            const std::string& control = probes.text(row, "control");
            if (note.starts_with("not probed")) {
                ++notes[(control == "none" ? name : control + " of " + name) + " is " + note];
            }
            const bool is_new = rare.empty() || rare.back() != name;
            if (is_new && probes.number(row, "is_rare") == 1 &&
                std::find(rare.begin(), rare.end(), name) == rare.end()) {
                rare.push_back(name);
            }
        }
    }
    if (is_seen) {
        warnings.emplace_back(
            "the probed pairs were seen in training: what is read may be memorised");
    }
    if (unconverged > 0) {
        warnings.push_back(std::to_string(unconverged) + " of " + std::to_string(all) +
                           " probes have a fit that did not converge (num_unconverged)");
    }
    if (stopped > 0) {
        warnings.push_back(
            std::to_string(stopped) + " of " + std::to_string(literal) +
            " literal probes stop before they converge, at their most iterations, as published "
            "ones do (literal_converged goes on)");
    }
    if (!rare.empty()) {
        warnings.push_back("rarer than 5 %, so that accuracy says nothing: " +
                           report::listing(rare));
    }
    for (const auto& [note, count] : notes) {
        warnings.push_back(note + " (at " + std::to_string(count) +
                           (count == 1 ? " node and step)" : " nodes and steps)"));
    }
    return warnings;
}

}  // namespace

report::CircuitReport probe_report(const std::filesystem::path& folder,
                                   const std::string& setting) {
    const report::SnapshotTable probes(folder / "probes.tsv"),
        selectivity(folder / "probe_selectivity.tsv"), phases(folder / "fourier_probes.tsv"),
        erasure(folder / "erasure.tsv");
    const std::vector<std::string> headline = headline_concepts(probes);
    report::CircuitReport report;
    report.verdict = verdict_of(probes, phases);
    report.warnings = warnings_of(probes);
    if (!probes.is_empty()) report.tables.push_back(best_table(probes));
    if (!selectivity.is_empty()) report.tables.push_back(selectivity_table(selectivity));
    for (std::size_t family = 0; family < probes.families().size(); ++family) {
        report.figures.push_back(concept_matrix_figure(probes, family, setting));
    }
    if (!headline.empty()) {
        lab::Figure figure = probe_layer_figure(probes, headline[0], setting);
        const auto is_empty = [](const lab::Panel& panel) { return panel.series.empty(); };
        const bool is_drawn = std::none_of(figure.panels.begin(), figure.panels.end(), is_empty);
        if (is_drawn) report.figures.push_back(std::move(figure));
    }
    for (std::size_t family = 0; family < phases.families().size(); ++family) {
        report.figures.push_back(phase_figure(phases, family, setting));
    }
    for (std::size_t family = 0; family < probes.families().size(); ++family) {
        if (auto figure = probe_time_figure(probes, phases, family, setting)) {
            report.figures.push_back(std::move(*figure));
        }
    }
    if (!erasure.is_empty() && !headline.empty()) {
        report.figures.push_back(erasure_figure(erasure, headline, setting));
    }
    return report;
}

}  // namespace dualtape::analyses
