#include "experiments/analyses/probes/probe_figures.h"

#include <algorithm>
#include <cmath>

#include "experiments/analyses/probes/probe_words.h"
#include "experiments/report/decisions.h"
#include "experiments/report/run_tables.h"

namespace dualtape::analyses {

namespace {

using lab::Dash;
using lab::Figure;
using lab::Mark;
using lab::Panel;
using lab::Series;

constexpr std::size_t kMostFamilies = 6;

std::vector<std::string> node_labels(const std::vector<std::string>& nodes) {
    std::vector<std::string> labels;
    for (const std::string& node : nodes) labels.push_back(node_label(node));
    return labels;
}

// The largest finite value and its place; none: count of values.
std::size_t place_of_largest(const std::vector<double>& values) {
    std::size_t best = values.size();
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (std::isnan(values[i])) continue;
        if (best == values.size() || values[i] > values[best]) best = i;
    }
    return best;
}

// A line with its interval, unless there is nothing to draw.
void add_band(Panel& panel, const statistics::Band& band, Series look) {
    if (place_of_largest(band.middle) == band.middle.size()) return;
    look.x = positions(band.middle.size());
    look.y = band.middle;
    const auto is_number = [](double value) { return !std::isnan(value); };
    if (std::any_of(band.low.begin(), band.low.end(), is_number)) {
        look.low = band.low;
        look.high = band.high;
    }
    panel.series.push_back(std::move(look));
}

// The points of a band, as decisions on orders take them.
std::vector<report::Estimate> estimates_of(const statistics::Band& band, std::size_t seeds) {
    std::vector<report::Estimate> estimates;
    for (std::size_t i = 0; i < band.middle.size(); ++i) {
        estimates.push_back({.seeds = static_cast<double>(seeds),
                             .median = band.middle[i],
                             .low = band.low[i],
                             .high = band.high[i]});
    }
    return estimates;
}

std::size_t num_panels(const report::SnapshotTable& table) {
    return std::min(table.families().size(), kMostFamilies);
}

// Names of panels are left out where there is one.
std::string panel_title(const report::SnapshotTable& table, std::size_t family) {
    return table.families().size() == 1 ? "" : table.families()[family];
}

std::string left_out(const report::SnapshotTable& table) {
    const std::size_t all = table.families().size();
    return all <= kMostFamilies ? ""
                                : " The first " + std::to_string(kMostFamilies) + " of " +
                                      std::to_string(all) + " kinds of training are drawn.";
}

}  // namespace

Figure concept_matrix_figure(const report::SnapshotTable& probes, std::size_t family,
                             const std::string& setting) {
    const std::vector<std::string> nodes = probes.distinct("node");
    std::vector<std::string> concepts = probes.distinct("concept");
    std::reverse(concepts.begin(), concepts.end());  // the first one on top
    lab::HeatMap map{.x = positions(nodes.size()), .y = positions(concepts.size())};
    for (const std::string& name : concepts) {
        const statistics::Band band = probes.band(
            "balanced_accuracy", family,
            {{"concept", name}, {"control", "none"}, {"protocol", "held_out"}}, "node", nodes);
        map.value.insert(map.value.end(), band.middle.begin(), band.middle.end());
    }
    Figure figure;
    figure.stem = family_stem("concept_matrix", probes, family);
    const std::size_t best = place_of_largest(map.value);
    figure.title = best == map.value.size()
                       ? "No concept could be probed"
                       : "Balanced accuracy at most " + report::readable_short(map.value[best]) +
                             ": " + concepts[best / nodes.size()] + " at " +
                             node_label(nodes[best % nodes.size()]);
    figure.subtitle = subtitle_of(setting, probes, family);
    figure.x = category_axis("node", node_labels(nodes));
    Panel& panel = figure.add_panel(category_axis("concept", concepts));
    panel.heat_map = std::move(map);
    panel.colours = {.label = "balanced accuracy, held out", .min = 0.4, .max = 1};
    figure.caption =
        caption_start(probes, family) +
        "Balanced accuracy of logistic probes on held-out pairs at the last step" +
        std::string(probes.num_seeds(family) == 1 ? "" : ", medians over the seeds") +
        "; 0.5 is chance for every concept, whatever its prevalence. Blank: not probed, see the "
        "notes of probes.tsv.";
    figure.alt = "Heat map of balanced accuracy, nodes against concepts";
    return figure;
}

Figure probe_layer_figure(const report::SnapshotTable& probes, const std::string& name,
                          const std::string& setting) {
    const std::vector<std::string> nodes = probes.distinct("node");
    const std::string score = score_of(probes, name);
    Figure figure;
    figure.stem = "probe_accuracy_vs_layer";
    figure.x = category_axis("node", node_labels(nodes));
    figure.columns = num_panels(probes) > 3 ? 2 : 1;
    for (std::size_t family = 0; family < num_panels(probes); ++family) {
        Panel& panel = figure.add_panel({.label = score_label(score)}, panel_title(probes, family));
        const auto band = [&](const char* control, const char* protocol) {
            return probes.band(score, family,
                               {{"concept", name}, {"control", control}, {"protocol", protocol}},
                               "node", nodes);
        };
        const statistics::Band held_out = band("none", "held_out");
        add_band(panel, band("shuffled", "held_out"),
                 {.name = "shuffled labels", .mark = Mark::line, .colour = lab::kGrey});
        add_band(panel, band("untrained", "held_out"),
                 {.name = "untrained network",
                  .mark = Mark::line_points,
                  .dash = Dash::dash_dotted,
                  .spread = lab::Spread::bars,
                  .colour = lab::okabe_ito(4)});
        statistics::Band literal = band("none", "literal");
        literal.low.assign(nodes.size(), NAN);
        add_band(panel, literal,
                 {.name = "literal: scored where fitted",
                  .mark = Mark::line_points,
                  .dash = Dash::dashed,
                  .colour = lab::okabe_ito(1)});
        add_band(panel, held_out,
                 {.name = "held out",
                  .mark = Mark::line_points,
                  .spread = lab::Spread::bars,
                  .colour = lab::okabe_ito(0)});
        const auto rows = probes.last_rows(family, {{"concept", name}, {"control", "none"}});
        if (score == "accuracy" && !rows.empty()) {
            panel.references.push_back(
                {.at = probes.number(rows[0], "base_rate"), .label = "majority"});
        }
        if (score != "accuracy") panel.references.push_back({.at = 0.5, .label = "chance"});
        const std::size_t best = place_of_largest(held_out.middle);
        if (best == nodes.size()) continue;
        const std::string& of = probes.families()[family];
        figure.title = name + ": " + score_label(score) + " " +
                       report::greatest_in_words(estimates_of(held_out, probes.num_seeds(family)),
                                                 node_labels(nodes), "at") +
                       (of.empty() ? "" : ", " + of);
    }
    if (figure.title.empty()) figure.title = name + " could not be probed";
    figure.subtitle = setting;
    figure.caption = "Held-out " + score_label(score) + " of logistic probes of " + name +
                     " along the network at the last step, " + interval_words(probes, 0) +
                     ". Shuffled labels are read by least-squares probes unless the settings say "
                     "otherwise; of one seed, their band holds 95 % of the permutations." +
                     left_out(probes);
    figure.alt = "Lines of probe accuracy along the nodes, with controls";
    return figure;
}

Figure phase_figure(const report::SnapshotTable& phases, std::size_t family,
                    const std::string& setting) {
    std::vector<std::string> nodes = phases.distinct("node");
    std::reverse(nodes.begin(), nodes.end());  // from the input, on top, to the logits
    const std::vector<std::string> frequencies = phases.distinct("frequency");
    Figure figure;
    figure.stem = family_stem("fourier_probe", phases, family);
    figure.x = {
        .label = "frequency k", .min = 0.5, .max = static_cast<double>(frequencies.size()) + 0.5};
    double largest = -1;
    for (const std::string& operand : phases.distinct("operand")) {
        const std::string of = operand == "sum" ? "x + y" : operand;
        lab::HeatMap map{.x = {}, .y = positions(nodes.size())};
        for (std::size_t k = 1; k <= frequencies.size(); ++k) {
            map.x.push_back(static_cast<double>(k));
        }
        for (const std::string& node : nodes) {
            const statistics::Band band = phases.band(
                "r2", family, {{"node", node}, {"operand", operand}}, "frequency", frequencies);
            map.value.insert(map.value.end(), band.middle.begin(), band.middle.end());
        }
        const std::size_t best = place_of_largest(map.value);
        if (best < map.value.size() && (operand == "sum" || figure.title.empty())) {
            largest = map.value[best];
            figure.title = "Phases of " + of + ": R² up to " + report::readable_short(largest) +
                           ", at " + node_label(nodes[best / frequencies.size()]) +
                           (largest < 0.1 ? "" : ", k = " + frequencies[best % frequencies.size()]);
        }
        Panel& panel = figure.add_panel(
            category_axis("node", node_labels(nodes)),
            "cos and sin of 2πk" + (operand == "sum" ? "(x + y)" : operand) + "/p");
        panel.heat_map = std::move(map);
        panel.colours = {.label = "R², left out", .min = 0, .max = 1};
    }
    if (figure.title.empty()) figure.title = "No phase could be probed";
    figure.subtitle = subtitle_of(setting, phases, family);
    figure.caption =
        caption_start(phases, family) +
        "How well ridge regression reads the phase of every frequency from every node at the last "
        "step: R² of cosine and sine together, of samples left out one by one" +
        std::string(phases.num_seeds(family) == 1
                        ? "."
                        : ", medians over the seeds; seeds that choose other frequencies share no "
                          "column.") +
        " Below 0, nothing was read.";
    figure.alt = "Heat maps of R² of Fourier phases, frequencies against nodes";
    return figure;
}

Figure erasure_figure(const report::SnapshotTable& erasure,
                      const std::vector<std::string>& concepts, const std::string& setting) {
    const std::vector<std::string> nodes = erasure.distinct("node");
    Figure figure;
    figure.stem = "erasure_effect";
    figure.x = category_axis("node", node_labels(nodes));
    figure.columns = num_panels(erasure) > 3 ? 2 : 1;
    double worst = 0;
    for (std::size_t family = 0; family < num_panels(erasure); ++family) {
        Panel& panel =
            figure.add_panel({.label = "change of task accuracy"}, panel_title(erasure, family));
        panel.zero_line = true;
        statistics::Band random;
        for (const std::string& node : nodes) {
            auto rows = erasure.last_rows(family, {{"node", node}, {"concept", concepts[0]}});
            std::erase_if(
                rows, [&](std::size_t row) { return erasure.text(row, "direction") == "probe"; });
            const std::vector<double> change = erasure.numbers(rows, "change");
            random.middle.push_back(statistics::median(change));
            random.low.push_back(statistics::quantile(change, 0.025));
            random.high.push_back(statistics::quantile(change, 0.975));
        }
        add_band(panel, random,
                 {.name = "random directions", .mark = Mark::line, .colour = lab::kGrey});
        for (std::size_t c = 0; c < concepts.size(); ++c) {
            statistics::Band band =
                erasure.band("change", family, {{"concept", concepts[c]}, {"direction", "probe"}},
                             "node", nodes);
            for (std::size_t i = 0; i < nodes.size(); ++i) {
                if (!(band.middle[i] < worst)) continue;
                worst = band.middle[i];
                const std::string& of = erasure.families()[family];
                figure.title = "Without the direction of " + concepts[c] + " at " +
                               node_label(nodes[i]) + ", task accuracy changes by " +
                               report::readable_short(worst) + (of.empty() ? "" : " (" + of + ")");
            }
            if (erasure.num_seeds(family) == 1) band.low.assign(nodes.size(), NAN);
            // Side by side, so that equal ones can be told apart.
            Series look{.name = "probe of " + concepts[c],
                        .mark = Mark::points,
                        .spread = lab::Spread::bars};
            const std::size_t before = panel.series.size();
            add_band(panel, band, std::move(look));
            if (panel.series.size() == before) continue;
            const double shift =
                0.12 * (static_cast<double>(c) - static_cast<double>(concepts.size() - 1) / 2);
            for (double& x : panel.series.back().x) x += shift;
        }
    }
    if (figure.title.empty()) figure.title = "Erasing a probe's direction costs no task accuracy";
    figure.subtitle = setting;
    figure.caption =
        "Task accuracy on the probed pairs when one direction of a node is set to its mean, less "
        "that of the whole network. Random directions: median and 95 % of them, all seeds; they "
        "remove less variance than most probes do (erasure.tsv). What is read need not be used." +
        left_out(erasure);
    figure.alt = "Points of the change of task accuracy along the nodes, beside random directions";
    return figure;
}

}  // namespace dualtape::analyses
