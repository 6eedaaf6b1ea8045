#include "experiments/lab/figure_layout.h"

#include <algorithm>
#include <cmath>

#include "experiments/lab/figure_data.h"
#include "experiments/lab/figure_ranges.h"
#include "experiments/lab/markup.h"

namespace dualtape::lab {
namespace {

double label_width(const AxisView& axis) {
    double width = 0;
    for (const AxisView::Tic& tic : axis.tics()) width = std::max(width, text_width(tic.label));
    return width * Layout::kSmallFont;
}

double name_width(const Legend& legend) {
    double width = 0;
    for (const LegendEntry& entry : legend.entries) width = std::max(width, text_width(entry.name));
    return width * Layout::kSmallFont;
}

// What gnuplot allots to an entry of a legend in rows: it counts letters, whatever their widths,
// and begins a new row where the next entry would pass the end of the plot.
double allotted_width(const Legend& legend) {
    std::size_t most = 0;
    for (const LegendEntry& entry : legend.entries) {
        std::size_t letters = 0;
        for (const TextPiece& piece : parse_markup(entry.name))
            letters += static_cast<std::size_t>(std::count_if(
                piece.text.begin(), piece.text.end(),
                [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
        most = std::max(most, letters);
    }
    return 48 + 0.7 * Layout::kSmallFont * static_cast<double>(most);
}

// The colour scale of a panel: bar, labels, and the label of the scale, turned.
double colour_scale_width(const Figure& figure) {
    double width = 0;
    for (std::size_t p = 0; p < figure.panels.size(); ++p) {
        if (!has_colour_scale(figure.panels[p])) continue;
        const double label = figure.panels[p].colours.label.empty() ? 0 : 20;
        width = std::max(width, Layout::kColourBar + label_width(colour_axis(figure, p)) + label);
    }
    return width;
}

// How far the label of the last tic reaches beyond the right end of an axis of this length.
double overhang(const AxisView& axis, double length) {
    double beyond = 0;
    for (const AxisView::Tic& tic : axis.tics()) {
        const double half = text_width(tic.label) * Layout::kSmallFont / 2;
        beyond = std::max(beyond, half - (1 - axis.share(tic.position)) * length);
    }
    return beyond;
}

// What the texts at the side of a panel need: the label of its y axis and that of its colours, both
// turned, and the labels of the tics, one above the other.
double least_height(const Panel& panel, const AxisView& y) {
    constexpr double kMost = 420;  // more labels than that touch
    double height = text_width(panel.y.label) * Layout::kFont;
    if (has_colour_scale(panel))
        height = std::max(height, text_width(panel.colours.label) * Layout::kFont);
    return std::min(std::max(height + 6, y.length_for(Layout::kFont)), kMost);
}

// Lines of about equal length, no more of them than needed.
std::vector<std::string> balanced(const std::string& text, double width) {
    std::vector<std::string> lines = wrap_text(text, width);
    for (double narrow = width - 1; narrow > 0; --narrow) {
        std::vector<std::string> candidate = wrap_text(text, narrow);
        if (candidate.size() > lines.size()) break;
        lines = std::move(candidate);
    }
    return lines;
}

constexpr double kEdge = 12;    // white space around everything
constexpr double kKeyRow = 20;  // height of one legend entry
constexpr double kRow = 210;    // height of each further row of panels

}  // namespace

int fitting_columns(const Figure& figure, const AxisView& x, const std::vector<AxisView>& y,
                    const std::vector<Legend>& legends) {
    const int count = static_cast<int>(figure.panels.size());
    const int wanted = std::clamp(figure.columns, 1, std::max(count, 1));
    Figure grid = figure;
    const auto fits = [&](int columns) {
        if (columns < 2 || columns > count || (count > columns && count % columns == 1))
            return false;
        grid.columns = columns;
        const Layout layout = lay_out(grid, x, y, legends);
        const double pitch = layout.panels[1].box.left - layout.panels[0].box.left;
        return std::all_of(figure.panels.begin(), figure.panels.end(), [&](const Panel& panel) {
            return text_width(panel.title) * Layout::kFont * Layout::kBold < pitch;
        });
    };
    for (int distance = 0; distance < count && wanted > 1; ++distance)
        for (const int columns : {wanted + distance, wanted - distance})
            if (fits(columns)) return columns;
    return 1;
}

Layout lay_out(const Figure& figure, const AxisView& x, const std::vector<AxisView>& y,
               std::vector<Legend> legends) {
    Layout layout;
    const int num_panels = static_cast<int>(figure.panels.size());
    const int columns = std::min(figure.columns, num_panels);
    const int rows = (num_panels + columns - 1) / columns;
    const bool is_grid = columns > 1;

    // Step 1. Titles above.
    const double text_room = layout.width - 2 * kEdge;
    layout.title_lines = balanced(figure.title, text_room / Layout::kTitleFont / Layout::kBold);
    layout.subtitle_lines = balanced(figure.subtitle, text_room / Layout::kFont);
    const double top = kEdge + 20.0 * static_cast<double>(layout.title_lines.size()) +
                       16.0 * static_cast<double>(layout.subtitle_lines.size()) + 8;

    // Step 2. Widths: tic labels decide on the left; legends that do not fit above, on the right.
    double y_labels = 0;
    for (const AxisView& axis : y) y_labels = std::max(y_labels, label_width(axis));
    const bool has_y_title = std::any_of(figure.panels.begin(), figure.panels.end(),
                                         [](const Panel& panel) { return !panel.y.label.empty(); });
    const double left = kEdge + (has_y_title ? 20 : 0) + y_labels + 14;
    layout.colour_scale = colour_scale_width(figure);
    const double bar = layout.colour_scale;
    const double gap = is_grid ? y_labels + 24 + (figure.shared_colours ? 0 : bar) : 0;
    double right = layout.width - kEdge - 6 - bar;
    double right_legend = 0;
    for (Legend& legend : legends) {
        const double entry = name_width(legend) + Layout::kKeySample + 14;
        const int count = static_cast<int>(legend.entries.size());
        const int fit = std::max(1, static_cast<int>((right - left) / allotted_width(legend)));
        legend.columns = std::min(fit, std::max(1, count));
        const int rows_above = (count + fit - 1) / fit;
        legend.is_right = rows_above > 1 && !(rows_above == 2 && count <= 4) && entry < 220;
        if (legend.is_right) right_legend = std::max(right_legend, entry);
        legend.height = legend.is_right ? 0 : kKeyRow * rows_above + (count > 0 ? 4 : 0);
    }
    right -= right_legend;
    const auto box_width = [&] { return (right - left - gap * (columns - 1)) / columns; };
    layout.has_turned_labels =
        !figure.x.ticks.empty() && x.has_touching_labels(box_width(), Layout::kSmallFont);
    if (!layout.has_turned_labels && bar + right_legend == 0)
        right -= std::max(0.0, overhang(x, box_width()) - kEdge / 2 - 6);

    // Step 3. Heights: all rows are equal, higher where labels or a legend on the right need it.
    const bool has_titles = std::any_of(figure.panels.begin(), figure.panels.end(),
                                        [](const Panel& panel) { return !panel.title.empty(); });
    const double x_labels = layout.has_turned_labels ? label_width(x) * 0.72 + 14 : 20;
    const double below = x_labels + (figure.x.label.empty() ? 0 : 22) + kEdge;
    double head = has_titles ? 20 : 0;  // above each row: panel title, legend
    if (!is_grid)
        for (const Legend& legend : legends)
            head = std::max(head, (has_titles ? 20 : 0) + legend.height);
    const double grid_legend = is_grid ? legends[0].height : 0;
    double plot = rows == 1 ? layout.height - top - head - grid_legend - below : kRow - head;
    if (rows == 2) plot = std::max(plot, 170.0);
    plot = std::max(plot, 130.0);
    if (figure.shared_colours) plot = box_width();
    for (std::size_t p = 0; p < figure.panels.size(); ++p)
        plot = std::max(plot, least_height(figure.panels[p], y[p]));
    for (const Legend& legend : legends)
        if (legend.is_right)
            plot = std::max(
                plot, kKeyRow * static_cast<double>(legend.entries.size()) / (is_grid ? rows : 1));
    const double row_gap = 14;

    // Step 4. Boxes.
    for (int i = 0; i < num_panels; ++i) {
        const int row = i / columns, column = i % columns;
        PanelLayout panel;
        panel.box.left = left + column * (box_width() + gap);
        panel.box.right = panel.box.left + box_width();
        panel.box.top = top + grid_legend + head + row * (plot + head + row_gap);
        panel.box.bottom = panel.box.top + plot;
        panel.has_x_labels = i + columns >= num_panels;
        panel.has_y_label = column == 0;
        layout.panels.push_back(panel);
    }
    layout.height =
        std::ceil(top + grid_legend + rows * (head + plot) + (rows - 1) * row_gap + below);
    layout.grid_top = top + grid_legend;
    layout.x_label_y = layout.height - kEdge - 7;
    layout.legends = std::move(legends);
    return layout;
}

}  // namespace dualtape::lab
