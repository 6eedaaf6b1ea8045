// Probes against the width of the network, at the last step.

#include <cmath>

#include "experiments/circuit_emergence/figures.h"
#include "experiments/report/decisions.h"

namespace dualtape::circuit_emergence {

namespace {

using lab::Figure;
using lab::Panel;
using lab::Series;

// Logarithmic, each width named.
lab::Axis width_axis(const Findings& found) {
    lab::Axis axis{.label = "width (features of a hidden layer)", .scale = lab::Scale::log};
    for (const std::int64_t width : found.widths()) {
        axis.ticks.push_back({static_cast<double>(width), std::to_string(width)});
    }
    axis.min = 0.8 * axis.ticks.front().position;
    axis.max = 1.25 * axis.ticks.back().position;
    return axis;
}

// A line per layer. Points of one width are set side by side, so that their intervals can be told
// apart.
void add_lines(const Findings& found, const std::string& topic, const std::string& quantity,
               Panel& panel) {
    const auto count = static_cast<double>(found.rows.nodes.size());
    for (std::size_t i = 0; i < found.rows.nodes.size(); ++i) {
        const std::string& node = found.rows.nodes[i];
        Series series{.name = analyses::node_label(node),
                      .mark = lab::Mark::line_points,
                      .spread = lab::Spread::bars,
                      .colour = lab::okabe_ito(static_cast<int>(i))};
        const double shift = std::pow(1.1, (static_cast<double>(i) - (count - 1) / 2) / count);
        for (const std::int64_t width : found.widths()) {
            const OverSeeds here = found.find(width, node, topic, quantity);
            if (here.seeds > 0) add_point(series, shift * static_cast<double>(width), here.mean);
        }
        if (!series.x.empty()) panel.series.push_back(std::move(series));
    }
}

// "from 0.10 at width 16 to 0.29 at width 128"
std::string ends_in_words(const Findings& found, const std::string& node, const std::string& topic,
                          const std::string& quantity) {
    const auto at = [&](std::int64_t width) {
        return report::readable_short(found.find(width, node, topic, quantity).mean.value) +
               " at width " + std::to_string(width);
    };
    return "from " + at(found.widths().front()) + " to " + at(found.widths().back());
}

// Where the selectivity of the widest networks is largest, of the layers where its interval lies
// above 0.
std::string selective_in_words(const Findings& found, const std::string& topic) {
    const std::int64_t widest = found.widths().back();
    const std::string name = name_of_concept(topic), at = " at width " + std::to_string(widest);
    std::vector<report::Estimate> selective;
    std::vector<std::string> nodes;
    for (const std::string& node : found.rows.nodes) {
        const report::Estimate here = found.estimate(widest, node, topic, "selectivity");
        if (!(here.low > 0)) continue;
        selective.push_back(here);
        nodes.push_back(analyses::node_label(node));
    }
    if (nodes.empty()) return name + ": no layer is selective beyond its interval" + at;
    return name + ": selectivity " + report::greatest_in_words(selective, nodes, "at") + at;
}

}  // namespace

Figure accuracy_by_width(const Findings& found) {
    Figure figure = figure_of(found, "probe_accuracy_vs_width", "",
                              "Accuracy of probes against width, a line per layer.");
    figure.x = width_axis(found);
    for (const std::string& topic : found.shown_concepts()) {
        add_lines(found, topic, "accuracy",
                  figure.add_panel(accuracy_axis(), name_of_concept(topic)));
    }
    add_lines(found, "fourier_sum", kMeanR2,
              figure.add_panel({.label = "mean R^{2}"},
                               "Fourier features of x + y, mean over frequencies"));
    const std::string node = found.rows.deepest_hidden();
    figure.title = "The Fourier features of x + y are read at " + analyses::node_label(node) +
                   " with mean R^{2} " + ends_in_words(found, node, "fourier_sum", kMeanR2);
    figure.caption =
        "Linear probes at the last step on " + found.probed_pairs() +
        ", scored on pairs that they were not fitted to. Below: ridge regression of cosine and "
        "sine of 2πk(x + y)/p, left out one by one, averaged over all k: the share of the one-hot "
        "of x + y that the layer shows linearly." +
        found.interval_note() +
        " Points of one width are set side by side; intervals that leave the axis are cut.";
    return figure;
}

Figure selectivity_by_width(const Findings& found) {
    Figure figure = figure_of(found, "selectivity_vs_width", "",
                              "Selectivity of probes against width, a line per layer.");
    figure.x = width_axis(found);
    for (const std::string& topic : found.shown_concepts()) {
        Panel& panel = figure.add_panel({.label = "selectivity"}, name_of_concept(topic));
        panel.zero_line = true;
        add_lines(found, topic, "selectivity", panel);
        figure.title += (figure.title.empty() ? "" : "; ") + selective_in_words(found, topic);
    }
    figure.caption =
        "Selectivity: held-out accuracy of the concept, less that of random labels of the same "
        "values, x or (x + y) mod p. A probe that could learn any labels by heart has none." +
        found.interval_note() +
        " Points of one width are set side by side; intervals that leave the axis are cut.";
    return figure;
}

}  // namespace dualtape::circuit_emergence
