#pragma once
// The plot command of one panel: what is drawn from which columns, in which order and look.

#include <string>
#include <vector>

#include "experiments/lab/figure.h"
#include "experiments/lab/figure_axis.h"
#include "experiments/lab/figure_data.h"
#include "experiments/lab/figure_looks.h"

namespace dualtape::lab {

// What the panels of a figure share.
struct PlotSource {
    const Figure& figure;
    const FigureLooks& looks;
    const FigureData& data;
    const AxisView& x;
};

std::string short_number(double value);  // eight digits: lengths
// A coordinate on an axis: eight digits, and as many more as both ends have in common.
std::string axis_number(const AxisView& axis, double coordinate);
std::string key_entry(const LegendEntry& entry);

// From back to front: heat map, bands, lines and bars, error bars and points; then the legend.
// Uses `data` (the path of the table), of(series, x) and, on symlog axes, sx(x) and sy(y), which
// the script has defined.
std::string plot_command(const PlotSource& source, std::size_t panel, const AxisView& y,
                         const std::vector<LegendEntry>& legend);

}  // namespace dualtape::lab
