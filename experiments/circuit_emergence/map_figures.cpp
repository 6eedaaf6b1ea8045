// Heat maps at the last step: concepts by layer, frequencies by layer.

#include <algorithm>
#include <cmath>
#include <limits>

#include "experiments/circuit_emergence/figures.h"
#include "experiments/report/decisions.h"

namespace dualtape::circuit_emergence {

namespace {

using lab::Figure;
using lab::Panel;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// R^2 of the frequencies of an operand in one training at its last step, node by node.
lab::HeatMap map_of(const Findings& found, std::int64_t width, std::int64_t seed,
                    const std::string& operand) {
    lab::HeatMap map{.x = {}, .y = analyses::positions(found.rows.nodes.size()), .value = {}};
    const auto is_shown = [&](const FrequencyRow& row) {
        return row.at.width == width && row.at.seed == seed && row.operand == operand &&
               found.rows.is_last(row.at);
    };
    std::int64_t most = 0;
    for (const FrequencyRow& row : found.rows.frequencies) {
        if (is_shown(row)) most = std::max(most, row.frequency);
    }
    const auto columns = static_cast<std::size_t>(most);
    for (std::size_t k = 1; k <= columns; ++k) map.x.push_back(static_cast<double>(k));
    map.value.assign(columns * found.rows.nodes.size(), kNan);
    for (const FrequencyRow& row : found.rows.frequencies) {
        if (!is_shown(row)) continue;
        const auto& nodes = found.rows.nodes;
        const auto node = std::find(nodes.begin(), nodes.end(), row.at.node) - nodes.begin();
        map.value[static_cast<std::size_t>(node) * columns +
                  static_cast<std::size_t>(row.frequency - 1)] = row.r2;
    }
    return map;
}

std::int64_t first_seed(const Findings& found, std::int64_t width) {
    for (const FrequencyRow& row : found.rows.frequencies) {
        if (row.at.width == width) return row.at.seed;
    }
    return 0;
}

}  // namespace

Figure concept_matrix(const Findings& found, std::int64_t width) {
    const std::string name = "width " + std::to_string(width);
    Figure figure =
        figure_of(found, "concept_matrix_width" + std::to_string(width), name,
                  "Heat map of balanced accuracy by concept and layer at " + name + ".");
    figure.x = analyses::category_axis("layer", layer_labels(found));
    std::vector<std::string> concepts;  // from below
    const auto& nodes = found.rows.nodes;
    lab::HeatMap map{.x = analyses::positions(nodes.size()),
                     .y = analyses::positions(found.rows.concepts.size())};
    std::vector<report::Estimate> scores;  // at the deepest hidden layer
    // The first concept stands on top.
    for (auto of = found.rows.concepts.rbegin(); of != found.rows.concepts.rend(); ++of) {
        const std::string& topic = *of;
        concepts.push_back(name_of_concept(topic));
        for (const std::string& node : nodes) {
            const double value = found.find(width, node, topic, "balanced_accuracy").mean.value;
            map.value.push_back(value);
        }
        scores.push_back(
            found.estimate(width, found.rows.deepest_hidden(), topic, "balanced_accuracy"));
    }
    Panel& panel = figure.add_panel(analyses::category_axis("concept", concepts));
    panel.heat_map = std::move(map);
    panel.colours = {.label = "balanced accuracy", .min = 0.5, .max = 1};
    figure.title = "Balanced accuracy at " + analyses::node_label(found.rows.deepest_hidden()) +
                   ": " + report::greatest_in_words(scores, concepts, "for");
    figure.caption =
        "Width " + std::to_string(width) +
        ": balanced accuracy of linear probes at the last step, held out, on " +
        found.probed_pairs() + ": 0.5 is chance, whatever the share of the concept" +
        (found.is_one_seed() ? ". One seed." : "; means over " + found.seeds() + ".") +
        " Darkest: chance or below. Blank: not probed, as a class is missing or too rare.";
    return figure;
}

Figure frequency_map(const Findings& found, std::int64_t width) {
    const std::int64_t seed = first_seed(found, width);
    const std::string name = "width " + std::to_string(width) + ", seed " + std::to_string(seed);
    Figure figure = figure_of(found, "fourier_probe_width" + std::to_string(width), name,
                              "Heat map of R^2 by frequency and layer at " + name + ".");
    figure.x = {.label = "frequency k"};
    const lab::Axis layers = analyses::category_axis("layer", layer_labels(found));
    for (const auto& [operand, title] : {std::pair("sum", "cos and sin of 2πk(x + y)/p"),
                                         std::pair("x", "cos and sin of 2πkx/p")}) {
        lab::HeatMap map = map_of(found, width, seed, operand);
        if (map.x.empty()) continue;
        Panel& panel = figure.add_panel(layers, title);
        panel.heat_map = std::move(map);
        panel.colours = {.label = "R^{2}", .min = 0, .max = 1};
    }
    const KeyFrequency key = key_frequency(found.rows, found.frequencies, width, seed);
    figure.title = key.frequency == 0
                       ? "No frequency of x + y was probed"
                       : "R^{2} of x + y is highest at frequency " + std::to_string(key.frequency) +
                             ", " + analyses::node_label(key.node) + ": " +
                             report::readable_short(key.r2);
    figure.caption =
        "Width " + std::to_string(width) +
        ": exact leave-one-out R^{2} of ridge regression of cosine and sine together, at the last "
        "step, on " +
        found.probed_pairs() +
        "; 0 and below: no better than the mean. One training is shown, as others have other "
        "frequencies.";
    return figure;
}

}  // namespace dualtape::circuit_emergence
