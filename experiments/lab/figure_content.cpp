#include "experiments/lab/figure_content.h"

#include <algorithm>
#include <cmath>

#include "experiments/lab/figure_axis.h"
#include "experiments/lab/suggest.h"
#include "experiments/lab/table.h"

namespace dualtape::lab {
namespace {

// The values that the panel can place on its axes.
std::vector<double> shown_values(const Panel& panel, const Axis& x) {
    std::vector<double> shown;
    const auto add = [&](double at, double height, double value) {
        if (!can_show(x.scale, at) || !can_show(panel.y.scale, height)) return;
        if (std::isfinite(value)) shown.push_back(value);
    };
    for (const Series& series : panel.series) {
        for (std::size_t i = 0; i < series.x.size(); ++i) {
            add(series.x[i], series.y[i], series.y[i]);
            if (series.low.empty() || !can_show(panel.y.scale, series.y[i])) continue;
            for (const double end : {series.low[i], series.high[i]}) add(series.x[i], end, end);
        }
    }
    if (!panel.heat_map) return shown;
    const HeatMap& map = *panel.heat_map;
    for (std::size_t row = 0; row < map.y.size(); ++row) {
        for (std::size_t column = 0; column < map.x.size(); ++column)
            add(map.x[column], map.y[row], map.value[row * map.x.size() + column]);
    }
    return shown;
}

// What a line covers of an axis whose ends are fixed; 0 where they follow from the data.
double line_width(const Axis& y) {
    constexpr double kLines = 150;  // one above the other in a panel
    const bool is_fixed = y.scale == Scale::linear && y.min && y.max;
    return is_fixed ? (*y.max - *y.min) / kLines : 0;
}

std::string name_of(const Panel& panel, std::size_t place) {
    if (!panel.title.empty()) return panel.title;
    if (!panel.y.label.empty()) return panel.y.label;
    return "panel " + std::to_string(place + 1);
}

}  // namespace

std::string blankness(const Panel& panel, const Axis& x) {
    const std::vector<double> values = shown_values(panel, x);
    if (values.empty()) return "no values";
    const double highest = *std::max_element(values.begin(), values.end());
    const double lowest = *std::min_element(values.begin(), values.end());
    const double most = std::max(highest, -lowest);
    if (most == 0) return "zero everywhere";
    if (!panel.heat_map && most <= line_width(panel.y)) return "zero to within the width of a line";
    const std::optional<double>& first_colour = panel.colours.min;
    if (panel.heat_map && panel.series.empty() && first_colour && highest <= *first_colour)
        return "nowhere above " + format_number(*first_colour);
    return "";
}

Figure without_blank_panels(Figure figure) {
    std::deque<Panel> shown;
    std::vector<std::string> left_out;
    for (std::size_t i = 0; i < figure.panels.size(); ++i) {
        const std::string reason = blankness(figure.panels[i], figure.x);
        if (reason.empty())
            shown.push_back(std::move(figure.panels[i]));
        else
            left_out.push_back(name_of(figure.panels[i], i) + " (" + reason + ")");
    }
    figure.panels = std::move(shown);
    if (!left_out.empty())
        figure.caption +=
            (figure.caption.empty() ? "Not drawn: " : " Not drawn: ") + join(left_out) + ".";
    return figure;
}

}  // namespace dualtape::lab
