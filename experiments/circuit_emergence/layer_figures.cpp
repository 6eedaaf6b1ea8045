// Probes against the layer at the last step, and what all figures share.

#include <cmath>

#include "experiments/circuit_emergence/figures.h"
#include "experiments/report/decisions.h"

namespace dualtape::circuit_emergence {

namespace {

using lab::Dash;
using lab::Figure;
using lab::Mark;
using lab::Panel;
using lab::Series;

// "x is even: accuracy highest at input (0.98)"; at chance everywhere, so.
std::string reading_in_words(const Findings& found, std::int64_t width, const std::string& topic) {
    const std::string name = name_of_concept(topic);
    const std::string node = best_node(found, width, topic, "accuracy");
    if (node.empty()) return name + " was not probed";
    const Measured best = found.find(width, node, topic, "accuracy").mean;
    const double base = found.find(width, node, topic, "base_rate").mean.value;
    const double least = std::isnan(best.low) ? best.value : best.low;
    if (!(least > base)) return name + " is nowhere surely read better than by always guessing";
    std::vector<report::Estimate> scores;
    for (const std::string& at : found.rows.nodes) {
        scores.push_back(found.estimate(width, at, topic, "accuracy"));
    }
    return name + ": accuracy " + report::greatest_in_words(scores, layer_labels(found), "at");
}

}  // namespace

Figure figure_of(const Findings& found, std::string stem, std::string of_what, std::string alt) {
    Figure figure;
    figure.stem = std::move(stem);
    figure.subtitle = (of_what.empty() ? "" : of_what + "; ") + found.setting();
    figure.alt = std::move(alt);
    return figure;
}

std::vector<std::string> layer_labels(const Findings& found) {
    std::vector<std::string> labels;
    for (const std::string& node : found.rows.nodes) labels.push_back(analyses::node_label(node));
    return labels;
}

lab::Axis accuracy_axis() { return {.label = "accuracy of the probe", .min = 0.4, .max = 1.02}; }

void add_point(Series& series, double x, const Measured& measured) {
    series.x.push_back(x);
    series.y.push_back(measured.value);
    series.low.push_back(std::isnan(measured.low) ? measured.value : measured.low);
    series.high.push_back(std::isnan(measured.high) ? measured.value : measured.high);
}

Series by_layer(const Findings& found, std::int64_t width, const std::string& topic,
                const std::string& quantity, std::string name) {
    Series series{.name = std::move(name), .mark = Mark::line_points, .spread = lab::Spread::bars};
    for (std::size_t i = 0; i < found.rows.nodes.size(); ++i) {
        const OverSeeds here = found.find(width, found.rows.nodes[i], topic, quantity);
        if (here.seeds > 0) add_point(series, static_cast<double>(i), here.mean);
    }
    return series;
}

std::string best_node(const Findings& found, std::int64_t width, const std::string& topic,
                      const std::string& quantity) {
    std::string best;
    double highest = -INFINITY;
    for (const std::string& node : found.rows.nodes) {
        const OverSeeds here = found.find(width, node, topic, quantity);
        if (here.seeds == 0 || here.mean.value <= highest) continue;
        highest = here.mean.value;
        best = node;
    }
    return best;
}

Figure accuracy_by_layer(const Findings& found, std::int64_t width) {
    const std::string name = "width " + std::to_string(width);
    Figure figure = figure_of(found, "probe_accuracy_vs_layer_width" + std::to_string(width), name,
                              "Accuracy of probes by layer at " + name + ", with their controls.");
    figure.x = analyses::category_axis("layer", layer_labels(found));
    constexpr std::pair<const char*, const char*> kControls[] = {
        {"untrained_accuracy", "untrained network"},
        {"control_task_accuracy", "random label per value"},
        {"shuffled_accuracy", "shuffled labels"}};
    for (const std::string& topic : found.shown_concepts()) {
        Panel& panel = figure.add_panel(accuracy_axis(), name_of_concept(topic));
        panel.series.push_back(by_layer(found, width, topic, "accuracy", "held out"));
        Series literal = by_layer(found, width, topic, "literal_accuracy", "literal protocol");
        literal.dash = Dash::dashed;
        if (!literal.x.empty()) panel.series.push_back(std::move(literal));
        for (const auto& [quantity, legend] : kControls) {
            Series control = by_layer(found, width, topic, quantity, legend);
            if (std::string(quantity) == "shuffled_accuracy") control.colour = lab::kGrey;
            if (!control.x.empty()) panel.series.push_back(std::move(control));
        }
        const double base = found.find(width, found.rows.nodes[0], topic, "base_rate").mean.value;
        panel.references.push_back(
            {.at = base, .label = "commonest class", .dash = Dash::dash_dotted});
        figure.title += (figure.title.empty() ? "" : "; ") + reading_in_words(found, width, topic);
    }
    figure.caption =
        "Width " + std::to_string(width) + ": linear probes at the last step on " +
        found.probed_pairs() +
        ". Held out: scored on pairs that the probe was not fitted to. Dashed: the literal "
        "protocol, scored on the pairs of the fit. Untrained network: the same seed before the "
        "first step. Random label per value: random labels of what the concept "
        "depends on, which a probe reads as far as it can learn any labels by heart." +
        found.interval_note();
    return figure;
}

}  // namespace dualtape::circuit_emergence
