// What networks lose when the direction of a probe is taken out of a layer.

#include <algorithm>

#include "experiments/circuit_emergence/figures.h"

namespace dualtape::circuit_emergence {

namespace {

using lab::Figure;
using lab::Panel;
using lab::Series;

constexpr double kLeastRange = 0.02;  // of the axis: below that nothing is lost

// The probe whose direction costs most of the task's accuracy, of those that cost more than 95 % of
// random directions in the whole of their interval.
struct Worst {
    double change = 0;
    std::string what{};  // "x is even", at post 1 of width 16
};

// Narrowest and widest: the effect falls with width, as the other directions carry the task.
std::vector<std::int64_t> ends_of(const std::vector<std::int64_t>& widths) {
    if (widths.size() == 1) return widths;
    return {widths.front(), widths.back()};
}

void add_panel(const Findings& found, std::int64_t width, const std::string& topic, Figure& figure,
               Worst& worst) {
    Series random =
        by_layer(found, width, topic, "erasure_random", "random directions, 95 % of them");
    Series probe = by_layer(found, width, topic, "erasure_probe", "direction of the probe");
    if (probe.x.empty()) return;
    const std::string title = name_of_concept(topic) + ", width " + std::to_string(width);
    double lowest = -kLeastRange;
    for (std::size_t i = 0; i < probe.x.size(); ++i) {
        const std::string& node = found.rows.nodes[static_cast<std::size_t>(probe.x[i])];
        const OverSeeds of_random = found.find(width, node, topic, "erasure_random");
        lowest = std::min(lowest, probe.low[i]);
        if (of_random.seeds > 0) lowest = std::min(lowest, of_random.mean.low);
        if (!(probe.high[i] < of_random.mean.low) || probe.y[i] >= worst.change) continue;
        worst.change = probe.y[i];
        worst.what = "\"" + name_of_concept(topic) + "\" at " + analyses::node_label(node) +
                     " of width " + std::to_string(width);
    }
    random.mark = probe.mark = lab::Mark::points;
    random.colour = lab::kGrey;
    probe.colour = lab::okabe_ito(1);
    for (double& x : random.x) x += 0.12;
    Panel& panel = figure.add_panel(
        {.label = "Δ task accuracy", .min = 1.1 * lowest, .max = 0.5 * kLeastRange}, title);
    panel.zero_line = true;
    if (!random.x.empty()) panel.series.push_back(std::move(random));
    panel.series.push_back(std::move(probe));
}

}  // namespace

Figure erasure_effect(const Findings& found) {
    Figure figure = figure_of(found, "erasure_effect", "",
                              "Change of task accuracy by layer when a direction is erased.");
    figure.x = analyses::category_axis("layer", layer_labels(found));
    Worst worst;
    for (const std::int64_t width : ends_of(found.widths())) {
        for (const std::string& topic : found.shown_concepts()) {
            add_panel(found, width, topic, figure, worst);
        }
    }
    figure.title =
        worst.what.empty()
            ? "No probe's direction that is shown costs clearly more than random directions"
            : "Erasing " + worst.what + " costs " + report::readable_short(-worst.change) +
                  " of task accuracy, the most of those shown";
    figure.caption =
        "Task accuracy on the probed pairs, " + found.probed_pairs() +
        ", when the component of a layer along the direction of a probe is replaced by its mean, "
        "less that before; nothing is erased from the input. Grey: the same with random "
        "directions, "
        "their mean and 95 % of them." +
        found.interval_note();
    return figure;
}

}  // namespace dualtape::circuit_emergence
