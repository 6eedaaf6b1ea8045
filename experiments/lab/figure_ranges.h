#pragma once
// The axes of a figure: ranges that hold all that is drawn, and labels that do not touch.

#include <vector>

#include "experiments/lab/figure.h"
#include "experiments/lab/figure_axis.h"
#include "experiments/lab/figure_layout.h"

namespace dualtape::lab {

// The x axis that all panels share, with labels for a plot of the usual width.
AxisView make_x_axis(const Figure& figure);
// The same with as many labels as stand side by side; legends on the right make plots narrower.
// Categories keep all labels: these are turned where they are long.
AxisView fit_x_axis(const Figure& figure, const std::vector<AxisView>& y,
                    const std::vector<Legend>& legends);
// One for each panel.
std::vector<AxisView> make_y_axes(const Figure& figure);
// The scale of the colours of a panel that has them; where all share one, that of all.
AxisView colour_axis(const Figure& figure, std::size_t panel);

}  // namespace dualtape::lab
