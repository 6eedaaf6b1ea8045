#pragma once
// Where the parts of a figure lie, in pixels from the upper left corner; gnuplot only obeys.

#include <string>
#include <vector>

#include "experiments/lab/figure.h"
#include "experiments/lab/figure_axis.h"

namespace dualtape::lab {

struct LegendEntry {
    std::string name;
    std::string style;  // of gnuplot's keyentry: "with lines lc rgb '#0072B2'"
};

struct Legend {
    std::vector<LegendEntry> entries;
    bool is_right = false;  // a column outside on the right, else rows above the panel
    int columns = 1;        // of the rows above
    double height = 0;      // of the rows above
};

struct Box {
    double left = 0, right = 0, top = 0, bottom = 0;
    double width() const { return right - left; }
    double height() const { return bottom - top; }
};

struct PanelLayout {
    Box box;  // the plotting area
    bool has_x_labels = true;
    bool has_y_label = true;
};

struct Layout {
    static constexpr double kFont = 12;  // pixels of the SVG
    static constexpr double kTitleFont = 15;
    static constexpr double kSmallFont = 11;
    static constexpr double kBold = 1.14;     // width of bold letters against plain ones
    static constexpr double kKeySample = 40;  // line sample of a legend entry and its gaps
    static constexpr double kColourBar = 40;  // a bar of colours, its tics and the gaps around

    double width = 640, height = 400;
    double grid_top = 0;      // under the titles and, in a grid, under the legend
    double x_label_y = 0;     // middle of the label of the x axis, under the last row
    double colour_scale = 0;  // room beside a panel for its colour scale with labels and title
    bool has_turned_labels = false;  // names of categories on the x axis, turned by 45 degrees
    std::vector<std::string> title_lines, subtitle_lines;
    std::vector<PanelLayout> panels;
    std::vector<Legend> legends;  // one per panel; in a grid only the first is used
};

// A grid with about as many columns as the figure asks for: no row has a panel by itself, and no
// title of a panel reaches into that of the next one.
int fitting_columns(const Figure& figure, const AxisView& x, const std::vector<AxisView>& y,
                    const std::vector<Legend>& legends);

// Legends go above their panel if they fit into one or two rows, else to the right. Rows are as
// high as their labels need.
Layout lay_out(const Figure& figure, const AxisView& x, const std::vector<AxisView>& y,
               std::vector<Legend> legends);

}  // namespace dualtape::lab
