// What the widest networks lose when the direction of a probe is taken out of a layer.

#include <cmath>

#include "experiments/reports/circuit_emergence/figures.h"

namespace dualtape::reports::circuit_emergence {

using lab::Figure;
using lab::Panel;
using lab::Series;

Figure erasure_effect(const Findings& found) {
    const std::int64_t width = found.widths().back();
    Figure figure = figure_of(found, "erasure_effect", "width " + std::to_string(width),
                              "Change of task accuracy by layer when a direction is erased.");
    figure.x = layer_axis(found);
    for (const std::string& topic : found.shown_concepts()) {
        Panel& panel = figure.add_panel({.label = "Δ task accuracy"}, name_of_concept(topic));
        panel.zero_line = true;
        Series random =
            by_layer(found, width, topic, "erasure_random", "random directions, 95 % of them");
        Series probe = by_layer(found, width, topic, "erasure_probe", "direction of the probe");
        // Where the probe's direction costs most beyond what random ones do.
        std::size_t worst = probe.x.size();
        for (std::size_t i = 0; i < probe.x.size(); ++i) {
            if (i < random.low.size() && probe.y[i] < random.low[i] &&
                (worst == probe.x.size() || probe.y[i] < probe.y[worst])) {
                worst = i;
            }
        }
        figure.title += (figure.title.empty() ? "" : "; ") + name_of_concept(topic) + ": ";
        figure.title +=
            worst == probe.x.size()
                ? "its direction costs no more than random ones"
                : "its direction costs " + readable_short(-probe.y[worst]) + " at " +
                      name_of_node(found.rows.nodes[static_cast<std::size_t>(probe.x[worst])]);
        random.mark = probe.mark = lab::Mark::points;
        random.colour = lab::kGrey;
        probe.colour = lab::okabe_ito(1);
        for (double& x : random.x) x += 0.12;
        if (!random.x.empty()) panel.series.push_back(std::move(random));
        if (!probe.x.empty()) panel.series.push_back(std::move(probe));
    }
    figure.caption =
        "Task accuracy on the probed pairs, " + found.probed_pairs() +
        ", when the values of "
        "a layer are projected to the plane across the probe's direction, less that before. Grey: "
        "the same with random directions, their mean and 95 % of them." +
        found.interval_note();
    return figure;
}

}  // namespace dualtape::reports::circuit_emergence
