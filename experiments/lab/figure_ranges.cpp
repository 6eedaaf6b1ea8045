#include "experiments/lab/figure_ranges.h"

#include <algorithm>
#include <cmath>

#include "experiments/lab/figure_data.h"

namespace dualtape::lab {
namespace {

int most_labels(const Figure& figure) { return std::max(3, 9 / std::min(figure.columns, 3)); }

void append(std::vector<double>& to, const std::vector<double>& values) {
    to.insert(to.end(), values.begin(), values.end());
}

AxisView make_x_axis(const Figure& figure, int max_labels) {
    std::vector<double> values;
    bool has_maps = false, needs_space = false;
    for (const Panel& panel : figure.panels) {
        for (const Series& series : panel.series) {
            append(values, series.x);
            needs_space |= series.mark != Mark::line && series.mark != Mark::steps;
            if (series.mark != Mark::bars) continue;
            for (const double x : series.x)
                append(values, {x - bar_slot(panel) / 2, x + bar_slot(panel) / 2});
        }
        for (const Reference& reference : panel.references)
            if (reference.kind == Reference::Kind::vertical) values.push_back(reference.at);
        if (panel.heat_map) append(values, cell_edges(panel.heat_map->x, figure.x.scale));
        has_maps |= panel.heat_map.has_value();
    }
    return {figure.x, values, has_maps ? 0 : needs_space ? 0.03 : 0.015, max_labels};
}

AxisView make_y_axis(const Panel& panel, int max_labels) {
    std::vector<double> values;
    for (const Series& series : panel.series) {
        append(values, series.y);
        append(values, series.low);
        append(values, series.high);
        if (series.mark == Mark::bars || series.mark == Mark::sticks) values.push_back(0);
    }
    for (const Reference& reference : panel.references)
        if (reference.kind == Reference::Kind::horizontal) values.push_back(reference.at);
    if (panel.heat_map) append(values, cell_edges(panel.heat_map->y, panel.y.scale));
    return {panel.y, values, panel.heat_map ? 0 : 0.05, max_labels};
}

}  // namespace

AxisView make_x_axis(const Figure& figure) { return make_x_axis(figure, most_labels(figure)); }

AxisView fit_x_axis(const Figure& figure, const std::vector<AxisView>& y,
                    const std::vector<Legend>& legends) {
    int max_labels = most_labels(figure);
    AxisView x = make_x_axis(figure, max_labels);
    if (!figure.x.ticks.empty()) return x;
    const double width = lay_out(figure, x, y, legends).panels[0].box.width();
    while (max_labels > 2 && x.has_touching_labels(width, Layout::kSmallFont)) {
        x = make_x_axis(figure, --max_labels);
    }
    return x;
}

std::vector<AxisView> make_y_axes(const Figure& figure) {
    std::vector<AxisView> axes;
    for (const Panel& panel : figure.panels)
        axes.push_back(make_y_axis(panel, figure.panels.size() > 1 ? 6 : 7));
    return axes;
}

AxisView colour_axis(const Figure& figure, std::size_t panel) {
    const bool is_shared = figure.shared_colours;
    std::vector<double> values;
    for (std::size_t of = is_shared ? 0 : panel;
         of < (is_shared ? figure.panels.size() : panel + 1); ++of) {
        const Panel& shown = figure.panels[of];
        if (shown.heat_map) append(values, shown.heat_map->value);
        for (const Series& series : shown.series) append(values, series.shade);
    }
    const ColourScale& colours = figure.panels[panel].colours;
    Axis axis{.label = colours.label,
              .scale = colours.log ? Scale::log : Scale::linear,
              .min = colours.min,
              .max = colours.max};
    if (colours.diverging) {
        double largest = 0;
        for (const double value : values)
            if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
        if (!axis.min) axis.min = axis.max ? -*axis.max : -(largest > 0 ? largest : 1);
        if (!axis.max) axis.max = -*axis.min;
    }
    return {axis, values, 0, 6};
}

}  // namespace dualtape::lab
