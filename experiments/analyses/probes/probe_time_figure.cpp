#include <algorithm>
#include <cmath>
#include <map>

#include "experiments/analyses/probes/probe_figures.h"
#include "experiments/analyses/probes/probe_words.h"
#include "experiments/report/run_tables.h"
#include "experiments/report/step_axis.h"

namespace dualtape::analyses {

namespace {

using lab::Panel;
using lab::Series;

// Median over the seeds at the steps that all have, with its interval where there are several;
// value(row) of one seed at one step: the largest of its rows.
Series over_time(const report::SnapshotTable& table, std::size_t family,
                 const std::vector<std::size_t>& rows, const std::string& column,
                 const std::string& name) {
    std::map<double, std::map<std::string, double>> largest;  // by step and seed
    for (const std::size_t row : rows) {
        const double value = table.number(row, column);
        if (std::isnan(value)) continue;
        const std::string seed =
            table.num_seeds(family) == 1 ? std::string() : table.text(row, "seed");
        const auto [place, is_new] = largest[table.step(row)].try_emplace(seed, value);
        if (!is_new) place->second = std::max(place->second, value);
    }
    Series series{.name = name, .mark = lab::Mark::line_points};
    for (const auto& [step, seeds] : largest) {
        if (seeds.size() < table.num_seeds(family)) continue;
        std::vector<double> values;
        for (const auto& [seed, value] : seeds) values.push_back(value);
        series.x.push_back(step);
        series.y.push_back(statistics::median(values));
        if (values.size() == 1) continue;
        const statistics::Interval interval = statistics::median_interval(values);
        series.low.push_back(interval.low);
        series.high.push_back(interval.high);
    }
    return series;
}

// The change from the first step to the last, for the title.
struct LargestChange {
    double size = 0;
    std::string words{};
};

// A line per node; largest: of all panels so far.
void add_series(Panel& panel, const std::string& what, const std::string& score, Series series,
                LargestChange& largest) {
    if (series.x.empty()) return;
    const double first = series.y.front(), last = series.y.back();
    if (std::abs(last - first) > largest.size) {
        largest = {std::abs(last - first), what + " at " + series.name + ": " + score + " " +
                                               report::readable_short(first) + " at first, " +
                                               report::readable_short(last) + " at the end"};
    }
    panel.series.push_back(std::move(series));
}

}  // namespace

std::optional<lab::Figure> probe_time_figure(const report::SnapshotTable& probes,
                                             const report::SnapshotTable& phases,
                                             std::size_t family, const std::string& setting) {
    const std::vector<double> steps =
        probes.is_empty() ? std::vector<double>() : probes.steps(family);
    if (steps.size() < 2) return std::nullopt;
    lab::Figure figure;
    figure.stem = family_stem("probe_accuracy_vs_time", probes, family);
    LargestChange largest;
    for (const std::string& name : headline_concepts(probes)) {
        const std::string score = score_of(probes, name);
        Panel panel;
        panel.title = name;
        panel.y.label = score_label(score);
        panel.has_ramp = true;
        for (const std::string& node : probes.distinct("node")) {
            const auto rows = probes.rows(
                family,
                {{"concept", name}, {"node", node}, {"control", "none"}, {"protocol", "held_out"}});
            add_series(panel, name, score_label(score),
                       over_time(probes, family, rows, score, node_label(node)), largest);
        }
        const auto rows = probes.rows(family, {{"concept", name}, {"control", "none"}});
        if (!rows.empty()) {
            panel.references.push_back(
                {.at = score == "accuracy" ? probes.number(rows[0], "base_rate") : 0.5,
                 .label = score == "accuracy" ? "majority" : "chance"});
        }
        if (!panel.series.empty() && panel.series[0].x.size() > 1) {
            figure.panels.push_back(std::move(panel));
        }
    }
    if (family < phases.families().size()) {
        Panel panel;
        panel.title = "phases of x + y, best frequency";
        panel.y = {.label = "R², left out", .max = 1};
        panel.has_ramp = true;
        for (const std::string& node : phases.distinct("node")) {
            const auto rows = phases.rows(family, {{"node", node}, {"operand", "sum"}});
            add_series(panel, "Phases of x + y", "R²",
                       over_time(phases, family, rows, "r2", node_label(node)), largest);
        }
        if (!panel.series.empty()) figure.panels.push_back(std::move(panel));
    }
    if (figure.panels.empty()) return std::nullopt;
    figure.x = report::step_axis(figure);
    figure.title =
        largest.words.empty() ? "What is read does not change in training" : largest.words;
    figure.subtitle = subtitle_of(setting, probes, family);
    figure.caption =
        "Held-out scores of probes at the checkpoints, a line per node, and the largest R² over "
        "frequencies of cosine and sine of 2πk(x + y)/p" +
        std::string(probes.num_seeds(family) == 1
                        ? "; one seed."
                        : "; medians with 95 % intervals over the seeds.");
    figure.alt = "Lines of probe scores per node against the step";
    return figure;
}

}  // namespace dualtape::analyses
