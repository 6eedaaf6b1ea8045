#include "experiments/lab/figure_script.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "experiments/lab/figure_axis.h"
#include "experiments/lab/figure_data.h"
#include "experiments/lab/figure_layout.h"
#include "experiments/lab/figure_looks.h"
#include "experiments/lab/figure_plot.h"
#include "experiments/lab/figure_ranges.h"
#include "experiments/lab/markup.h"
#include "experiments/lab/table.h"

namespace dualtape::lab {
namespace {

// Writes from top to bottom: terminals, titles, and per panel its axes, lines, key and plot.
class ScriptWriter {
  public:
    explicit ScriptWriter(const Figure& figure)
        : figure_(figure),
          looks_(figure),
          y_axes_(make_y_axes(figure)),
          x_axis_(fit_x_axis(figure, y_axes_, looks_.legends())),
          data_(figure, looks_, x_axis_, y_axes_),
          layout_(lay_out(figure, x_axis_, y_axes_, looks_.legends())) {}

    FigureTexts write() {
        write_head();
        write_titles();
        write_grid_legend();
        for (std::size_t p = 0; p < figure_.panels.size(); ++p) write_panel(p);
        line("    unset multiplot");
        line("    unset output  # completes the file");
        line("}");
        return {std::move(script_), data_.text()};
    }

  private:
    void line(const std::string& text) { script_ += text + "\n"; }

    // Pixels from the upper left corner as gnuplot's share of the whole, from the lower left one.
    std::string screen_x(double pixels) const { return share(pixels / layout_.width); }
    std::string screen_y(double pixels) const { return share(1 - pixels / layout_.height); }
    static std::string share(double value) {
        char text[16];
        std::snprintf(text, sizeof text, "%.4f", value);  // finer than a pixel
        return text;
    }

    void write_head() {
        const std::string wide = short_number(layout_.width), high = short_number(layout_.height);
        const std::string doubled =
            short_number(2 * layout_.width) + "," + short_number(2 * layout_.height);
        const std::string inches =
            short_number(layout_.width / 100) + "in," + short_number(layout_.height / 100) + "in";
        const std::string fonts = "DejaVu Sans,Verdana,Arial,sans-serif,12";
        line("# Draws " + figure_.stem + ".svg and .png from " + figure_.stem + ".tsv:");
        line("#   gnuplot " + figure_.stem + ".gp");
        line("# Needs gnuplot 5.4. For a PDF, add the word pdf to the list of formats.");
        line("reset");
        line("set decimalsign '.'  # what the start-up file of a user may have changed");
        line("set encoding utf8");
        line("set minussign");
        line("set datafile separator tab");
        line("data = " + quote_gnuplot(figure_.stem + ".tsv"));
        line("of(series, x) = $2 == series ? x : NaN  # the rows of one series");
        line("do for [format in \"svg png\"] {");
        line("    if (format eq 'svg') {");
        line("        set terminal svg enhanced size " + wide + "," + high +
             " background '#ffffff' font '" + fonts + "'");
        line("    }");
        line("    if (format eq 'png') {");
        line("        set terminal pngcairo enhanced size " + doubled +
             " background '#ffffff' font 'DejaVu Sans,12' \\");
        line("            fontscale 1.5 linewidth 2 pointscale 2 dashlength 1.5");
        line("    }");
        line("    if (format eq 'pdf') {");
        line("        set terminal pdfcairo enhanced size " + inches + " font 'DejaVu Sans,12' \\");
        line("            fontscale 0.72 linewidth 0.72 pointscale 0.72");
        line("    }");
        line("    set output " + quote_gnuplot(figure_.stem + ".") + ".format");
        line("    unset label  # those of the format before");
        line("    set multiplot");
        line("    set grid xtics ytics lc rgb '#e4e4e4' lw 0.8 dt 1 back");
        line("    set colorsequence podo");
        line("    set style fill solid 1 noborder");
    }

    void write_titles() {
        double top = 12;
        int tag = 1;
        const auto put = [&](const std::string& text, double size, bool is_bold, double step) {
            line("    set label " + std::to_string(tag++) + " " + text + " at screen " +
                 screen_x(12) + ", screen " + screen_y(top + size * 0.62) + " left front font '" +
                 (is_bold ? "DejaVu Sans:Bold," : ",") + short_number(size) + "' textcolor rgb '" +
                 (is_bold ? "#111111" : "#555555") + "'");
            top += step;
        };
        for (const std::string& text : layout_.title_lines)
            put(markup_to_gnuplot(text), Layout::kTitleFont, true, 20);
        for (const std::string& text : layout_.subtitle_lines)
            put(markup_to_gnuplot(text), Layout::kFont, false, 16);
    }

    void write_axis(const std::string& name, const AxisView& axis, bool has_labels,
                    const std::string& extra) {
        line("    " + std::string(axis.scale() == Scale::log ? "set" : "unset") + " logscale " +
             name);
        if (axis.scale() == Scale::symlog)
            line("    s" + name + "(v) = asinh(v / " + format_number(axis.linear_below()) +
                 ") / log(10)  # symmetric logarithm");
        line("    set " + name + "range [" + axis_number(axis, axis.low()) + ":" +
             axis_number(axis, axis.high()) + "]");
        std::string tics;
        for (const AxisView::Tic& tic : axis.tics()) {
            std::string label = has_labels ? tic.label : "";
            std::string text = markup_to_gnuplot(label);
            for (std::size_t at = 0; (at = text.find('%', at)) != text.npos; at += 2)
                text.insert(at, "%");  // labels of tics are formats
            tics += tics.empty() ? "" : ", ";
            tics += text + " " + axis_number(axis, tic.position) + (tic.label.empty() ? " 1" : "");
        }
        line("    set " + name + "tics nomirror " + extra + "(" + tics + ")");
    }

    void set_margins(const Box& box) {
        line("    set lmargin at screen " + screen_x(box.left));
        line("    set rmargin at screen " + screen_x(box.right));
        line("    set tmargin at screen " + screen_y(box.top));
        line("    set bmargin at screen " + screen_y(box.bottom));
    }

    // The legend of a grid belongs to an empty plot as wide as the grid: gnuplot makes a legend
    // no wider than its plot.
    void write_grid_legend() {
        const Legend& legend = layout_.legends[0];
        if (figure_.columns == 1 || legend.entries.empty()) return;
        line("");
        line("    # legend");
        set_margins({layout_.panels.front().box.left, grid_right(), layout_.grid_top,
                     layout_.panels.back().box.bottom});
        line("    unset border");
        line("    unset xtics");
        line("    unset ytics");
        line("    set xrange [1:2]");
        line("    set yrange [1:2]");
        write_key(legend, {layout_.panels.front().box.left, grid_right(), layout_.grid_top, 0});
        std::string plot = "    plot NaN notitle";
        for (const LegendEntry& entry : legend.entries) plot += ", \\\n        " + key_entry(entry);
        line(plot);
        line("    unset label");
    }

    // Right end of the last column of panels.
    double grid_right() const {
        double right = 0;
        for (const PanelLayout& panel : layout_.panels) right = std::max(right, panel.box.right);
        return right;
    }

    // Everything that a panel sets is set anew or unset by the next one.
    void write_panel(std::size_t p) {
        const Panel& panel = figure_.panels[p];
        const PanelLayout& place = layout_.panels[p];
        const AxisView& y = y_axes_[p];
        line("");
        line("    # panel " + std::to_string(p + 1));
        if (p > 0) line("    unset label");
        line("    set border 3 lc rgb '#444444' lw 1");
        line("    set tics nomirror out scale 0.6,0.3 font ',11' textcolor rgb '#222222'");
        set_margins(place.box);
        write_axis("x", x_axis_, place.has_x_labels,
                   layout_.has_turned_labels ? "rotate by 45 right " : "norotate offset 0,0.4 ");
        write_axis("y", y, true, "");
        // Labels stand where the layout says: gnuplot's own places depend on the terminal and on
        // the tics, so they would be cut off or stacked panels would not align.
        if (p + 1 == figure_.panels.size() && !figure_.x.label.empty())
            line("    set label 102 " + markup_to_gnuplot(figure_.x.label) + " at screen " +
                 screen_x((layout_.panels.front().box.left + grid_right()) / 2) + ", screen " +
                 screen_y(layout_.x_label_y) + " center front");
        if (!panel.y.label.empty() && place.has_y_label)
            line("    set label 100 " + markup_to_gnuplot(panel.y.label) + " at screen " +
                 screen_x(20) + ", graph 0.5 center rotate by 90 front");
        if (!panel.title.empty())
            line("    set label 101 " + markup_to_gnuplot(panel.title) + " at screen " +
                 screen_x(place.box.left) + ", screen " +
                 screen_y(place.box.top - key_height(p) - 10) +
                 " left front font 'DejaVu Sans:Bold,12' textcolor rgb '#222222'");
        write_lines(panel, y);
        write_key(figure_.columns > 1 ? Legend() : layout_.legends[p], place.box);
        write_colours(p);
        // The legend of a grid has been drawn before.
        line("    " + plot_command({figure_, looks_, data_, x_axis_}, p, y,
                                   figure_.columns > 1 ? std::vector<LegendEntry>()
                                                       : layout_.legends[p].entries));
    }

    static std::pair<std::string, std::string> linear_zone(const AxisView& axis) {
        const double zone = axis.coordinate(axis.linear_below());
        return {axis_number(axis, std::max(-zone, axis.low())),
                axis_number(axis, std::min(zone, axis.high()))};
    }

    void write_zone(int number, const std::string& from, const std::string& to) {
        line("    set object " + std::to_string(number) + " rectangle from " + from + " to " + to +
             " behind fc rgb '#f0f0f0' fs solid noborder  # the linear zone");
    }

    // Zero line, linear zones and references: arrows and rectangles behind the data.
    void write_lines(const Panel& panel, const AxisView& y) {
        line("    unset arrow");
        line("    unset object");
        if (y.scale() == Scale::symlog) {
            const auto [low, high] = linear_zone(y);
            write_zone(1, "graph 0, first " + low, "graph 1, first " + high);
        }
        // Steps, which start with it, need no mark.
        const double zone = x_axis_.coordinate(x_axis_.linear_below());
        if (x_axis_.scale() == Scale::symlog && x_axis_.low() < -zone && x_axis_.high() > zone) {
            const auto [low, high] = linear_zone(x_axis_);
            write_zone(2, "first " + low + ", graph 0", "first " + high + ", graph 1");
        }
        if ((panel.zero_line || y.scale() == Scale::symlog) && y.has_zero_inside())
            line(
                "    set arrow from graph 0, first 0 to graph 1, first 0 nohead back "
                "lc rgb '#888888' lw 1 dt 1");
        for (const Reference& reference : panel.references) {
            const bool is_vertical = reference.kind == Reference::Kind::vertical;
            const AxisView& axis = is_vertical ? x_axis_ : y;
            if (!axis.is_shown(reference.at)) continue;
            const double share = axis.fraction(reference.at);
            if (share < 0 || share > 1) continue;
            const std::string at = axis_number(axis, axis.coordinate(reference.at));
            const std::string from =
                is_vertical ? "first " + at + ", graph 0" : "graph 0, first " + at;
            const std::string to =
                is_vertical ? "first " + at + ", graph 1" : "graph 1, first " + at;
            line("    set arrow from " + from + " to " + to + " nohead back lc rgb '" +
                 reference.colour + "' lw 1.2 " + dash_style(reference.dash));
        }
    }

    void write_key(const Legend& legend, const Box& box) {
        if (legend.entries.empty()) {
            line("    unset key");
            return;
        }
        const std::string look = " Left reverse font ',11' samplen 2 spacing 1.2 noautotitle";
        if (legend.is_right) {
            line("    set key at screen " + screen_x(grid_right() + 8 + layout_.colour_scale) +
                 ", screen " + screen_y(box.top) + " left top vertical maxrows 99" + look);
        } else {
            line("    set key at screen " + screen_x(box.left) + ", screen " +
                 screen_y(box.top - 4) + " left bottom horizontal maxcols " +
                 std::to_string(legend.columns) + " width 1" + look);
        }
    }

    // Of the rows of legend between a panel and its title.
    double key_height(std::size_t p) const {
        return figure_.columns > 1 ? 0 : layout_.legends[p].height;
    }

    void write_colours(std::size_t p) {
        const Panel& panel = figure_.panels[p];
        const bool is_shared = figure_.shared_colours;
        if (!has_colour_scale(panel) || (is_shared && p > 0)) {
            line("    unset colorbox");
            return;
        }
        Box box = layout_.panels[p].box;
        if (is_shared) {
            box.right = grid_right();
            box.bottom = layout_.panels.back().box.bottom;
        }
        const ColourScale& colours = panel.colours;
        write_axis("cb", colour_axis(figure_, p), true, "scale 0.4,0.2 ");
        line("    set palette defined (" +
             std::string(colours.diverging
                             ? "0 '#08519c', 1 '#4292c6', 2 '#c6dbef', 3 '#f7f7f7', "
                               "4 '#fdd0a2', 5 '#e6550d', 6 '#a63603')"
                             : "0 '#440154', 1 '#472d7b', 2 '#3b528b', 3 '#2c728e', 4 '#21918c', "
                               "5 '#28ae80', 6 '#5ec962', 7 '#addc30', 8 '#fde725')"));
        line("    set colorbox vertical user origin screen " + screen_x(box.right + 12) +
             ", screen " + screen_y(box.bottom) + " size screen " + share(12 / layout_.width) +
             ", screen " + share(box.height() / layout_.height));
        if (!colours.label.empty())
            line("    set label 103 " + markup_to_gnuplot(colours.label) + " at screen " +
                 screen_x(box.right + layout_.colour_scale - 10) + ", screen " +
                 screen_y((box.top + box.bottom) / 2) + " center rotate by 90 front");
    }

    const Figure& figure_;
    FigureLooks looks_;
    std::vector<AxisView> y_axes_;
    AxisView x_axis_;
    FigureData data_;
    Layout layout_;
    std::string script_;
};

}  // namespace

FigureTexts write_figure(const Figure& figure) {
    const AxisView x = make_x_axis(figure);
    Figure visible = broken_at_zero(without_hidden_points(figure, x), x);
    visible.columns =
        fitting_columns(visible, x, make_y_axes(visible), FigureLooks(visible).legends());
    return ScriptWriter(visible).write();
}

}  // namespace dualtape::lab
