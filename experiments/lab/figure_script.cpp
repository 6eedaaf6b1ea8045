#include "experiments/lab/figure_script.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <stdexcept>

#include "experiments/lab/figure_axis.h"
#include "experiments/lab/figure_layout.h"
#include "experiments/lab/markup.h"
#include "experiments/lab/suggest.h"
#include "experiments/lab/table.h"

namespace dualtape::lab {
namespace {

constexpr int kMarkTypes[] = {7, 5, 9, 13, 11, 15};  // filled: circle, square, triangles, ...

std::string short_number(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.10g", value);
    return text;
}

std::string dash_of(Dash dash) {
    switch (dash) {
        case Dash::solid:
            return "dt 1";
        case Dash::dashed:
            return "dt (7,4)";
        case Dash::dotted:
            return "dt (2,3)";
        case Dash::dash_dotted:
            return "dt (8,3,2,3)";
    }
    return "dt 1";
}

bool is_line(Mark mark) {
    return mark == Mark::line || mark == Mark::line_points || mark == Mark::steps;
}

// Edges of cells around the centres; half-way between neighbours in the units of the axis.
std::vector<double> cell_edges(const std::vector<double>& centres, bool is_log) {
    const auto to = [&](double v) { return is_log ? std::log(v) : v; };
    const auto from = [&](double v) { return is_log ? std::exp(v) : v; };
    const std::size_t n = centres.size();
    std::vector<double> edges(n + 1);
    for (std::size_t i = 1; i < n; ++i) edges[i] = from((to(centres[i - 1]) + to(centres[i])) / 2);
    const double first = n > 1 ? to(centres[1]) - to(centres[0]) : 1;
    const double last = n > 1 ? to(centres[n - 1]) - to(centres[n - 2]) : 1;
    edges[0] = from(to(centres[0]) - first / 2);
    edges[n] = from(to(centres[n - 1]) + last / 2);
    return edges;
}

class ScriptWriter {
  public:
    explicit ScriptWriter(const Figure& figure) : figure_(figure) {}

    FigureTexts write() {
        assign_colours();
        make_axes();
        for (std::size_t p = 0; p < figure_.panels.size(); ++p) legends_.push_back(legend_of(p));
        if (figure_.columns > 1) gather_legends();
        layout_ = lay_out(figure_, x_axis_.front(), y_axes_, legends_);
        choose_columns();
        write_data();
        write_head();
        write_titles();
        write_grid_legend();
        for (std::size_t p = 0; p < figure_.panels.size(); ++p) write_panel(p);
        line("    unset multiplot");
        line("    unset output  # completes the file");
        line("}");
        return {std::move(script_), std::move(data_)};
    }

  private:
    struct Look {
        std::string colour;
        int mark_type = 7;
    };

    void line(const std::string& text) { script_ += text + "\n"; }

    const AxisView& x_axis() const { return x_axis_.front(); }

    // -- looks -------------------------------------------------------------------------------

    // The same name has the same colour in all panels; a ramp numbers the names of its panel.
    void assign_colours() {
        std::map<std::string, std::string> by_name;
        std::map<std::string, int> marks;  // by colour
        int next = 0;
        for (const Panel& panel : figure_.panels) {
            std::vector<std::string> ordered;
            for (const Series& series : panel.series)
                if (series.colour.empty() &&
                    std::find(ordered.begin(), ordered.end(), series.name) == ordered.end())
                    ordered.push_back(series.name);
            std::vector<Look> looks;
            for (const Series& series : panel.series) {
                std::string colour = series.colour;
                if (colour.empty() && panel.has_ramp) {
                    const auto at = std::find(ordered.begin(), ordered.end(), series.name);
                    const double count = static_cast<double>(ordered.size());
                    colour =
                        ramp(static_cast<double>(at - ordered.begin()) / std::max(1.0, count - 1));
                }
                if (colour.empty()) {
                    if (!by_name.contains(series.name)) by_name[series.name] = okabe_ito(next++);
                    colour = by_name[series.name];
                }
                const int mark =
                    marks.emplace(colour, static_cast<int>(marks.size())).first->second;
                looks.push_back({colour, kMarkTypes[mark % std::size(kMarkTypes)]});
            }
            looks_.push_back(looks);
            // Lines of equal dash and different colour need markers as the second cue. A ramp
            // does without: its lightness is one.
            for (std::size_t i = 0; i < looks.size(); ++i)
                for (std::size_t j = 0; j < i; ++j)
                    if (is_line(panel.series[i].mark) && is_line(panel.series[j].mark) &&
                        panel.series[i].dash == panel.series[j].dash &&
                        looks[i].colour != looks[j].colour && !panel.has_ramp)
                        needs_markers_ = true;
        }
    }

    bool has_markers(std::size_t p, std::size_t s) const {
        const Series& series = figure_.panels[p].series[s];
        if (series.mark == Mark::line_points) return true;
        return series.mark == Mark::line && needs_markers_ && !figure_.panels[p].has_ramp;
    }

    std::string line_style(std::size_t p, std::size_t s) const {
        const Series& series = figure_.panels[p].series[s];
        const double width = figure_.panels[p].series.size() > 12 ? 1.2 : 1.8;
        return "lc rgb '" + looks_[p][s].colour + "' lw " + short_number(width) + " " +
               dash_of(series.dash);
    }

    std::string point_style(std::size_t p, std::size_t s) const {
        const std::size_t count = figure_.panels[p].series[s].x.size();
        const bool is_cloud = figure_.panels[p].series[s].mark == Mark::points && count > 200;
        return "pt " + std::to_string(looks_[p][s].mark_type) + " ps " +
               (is_cloud ? "0.3" : "0.6") + " lc rgb '" + looks_[p][s].colour + "'";
    }

    std::string key_style(std::size_t p, std::size_t s) const {
        switch (figure_.panels[p].series[s].mark) {
            case Mark::points:
                return "with points " + point_style(p, s);
            case Mark::bars:
                return "with boxes fs solid 0.85 fc rgb '" + looks_[p][s].colour + "'";
            case Mark::line:
            case Mark::line_points:
            case Mark::steps:
            case Mark::sticks:
                break;
        }
        if (!has_markers(p, s)) return "with lines " + line_style(p, s);
        return "with linespoints " + line_style(p, s) + " " + "pt " +
               std::to_string(looks_[p][s].mark_type) + " ps 0.6";
    }

    Legend legend_of(std::size_t p) const {
        Legend legend;
        const auto add = [&](const std::string& name, const std::string& style) {
            for (const LegendEntry& entry : legend.entries)
                if (entry.name == name) return;
            for (const Legend& earlier : legends_)
                for (const LegendEntry& entry : earlier.entries)
                    if (entry.name == name && entry.style == style) return;
            if (!name.empty()) legend.entries.push_back({name, style});
        };
        const Panel& panel = figure_.panels[p];
        for (std::size_t s = 0; s < panel.series.size(); ++s)
            add(panel.series[s].name, key_style(p, s));
        for (const Reference& reference : panel.references)
            add(reference.label,
                "with lines lc rgb '" + reference.colour + "' lw 1.2 " + dash_of(reference.dash));
        return legend;
    }

    void gather_legends() {
        for (std::size_t p = 1; p < legends_.size(); ++p) {
            for (LegendEntry& entry : legends_[p].entries) legends_[0].entries.push_back(entry);
            legends_[p].entries.clear();
        }
    }

    // -- axes --------------------------------------------------------------------------------

    void make_axes() {
        std::vector<double> x_values;
        bool needs_space = false;
        for (const Panel& panel : figure_.panels) {
            for (const Series& series : panel.series) {
                x_values.insert(x_values.end(), series.x.begin(), series.x.end());
                needs_space |= !is_line(series.mark);
                if (series.mark == Mark::bars) {
                    const double half = bar_slot(panel) / 2;
                    for (const double x : series.x) {
                        x_values.push_back(x - half);
                        x_values.push_back(x + half);
                    }
                }
            }
            for (const Reference& reference : panel.references)
                if (reference.kind == Reference::Kind::vertical) x_values.push_back(reference.at);
            if (panel.heat_map && !panel.heat_map->x.empty())
                append(x_values, cell_edges(panel.heat_map->x, figure_.x.scale == Scale::log));
        }
        const int x_labels = std::max(3, 9 / std::min<int>(figure_.columns, 3));
        x_axis_.emplace_back(figure_.x, x_values,
                             has_map()     ? 0
                             : needs_space ? 0.03
                                           : 0.015,
                             x_labels);
        for (const Panel& panel : figure_.panels) {
            std::vector<double> values;
            for (const Series& series : panel.series) {
                append(values, series.y);
                append(values, series.low);
                append(values, series.high);
                if ((series.mark == Mark::bars || series.mark == Mark::sticks)) values.push_back(0);
            }
            for (const Reference& reference : panel.references)
                if (reference.kind == Reference::Kind::horizontal) values.push_back(reference.at);
            if (panel.heat_map && !panel.heat_map->y.empty())
                append(values, cell_edges(panel.heat_map->y, panel.y.scale == Scale::log));
            y_axes_.emplace_back(panel.y, values, panel.heat_map ? 0 : 0.05,
                                 figure_.panels.size() > 1 ? 6 : 7);
        }
    }

    static void append(std::vector<double>& to, const std::vector<double>& values) {
        to.insert(to.end(), values.begin(), values.end());
    }

    bool has_map() const {
        return std::any_of(figure_.panels.begin(), figure_.panels.end(),
                           [](const Panel& panel) { return panel.heat_map.has_value(); });
    }

    // Room along x for the bars of all series at one place: the least distance of two places.
    static double bar_slot(const Panel& panel) {
        std::set<double> places;
        for (const Series& series : panel.series)
            if (series.mark == Mark::bars) places.insert(series.x.begin(), series.x.end());
        double slot = 0;
        for (auto at = places.begin(); at != places.end() && std::next(at) != places.end(); ++at)
            slot = slot == 0 ? *std::next(at) - *at : std::min(slot, *std::next(at) - *at);
        return slot > 0 ? slot : 1;
    }

    // -- data --------------------------------------------------------------------------------

    // Which points of a line carry a marker: about seven along the axis, shifted from series to
    // series so that they do not hide each other; all points of short series.
    std::vector<bool> marked_points(std::size_t p, std::size_t s) const {
        const Series& series = figure_.panels[p].series[s];
        std::vector<bool> marked(series.x.size(), has_markers(p, s));
        if (series.mark == Mark::line_points || series.x.size() <= 12 || !has_markers(p, s))
            return marked;
        constexpr double kSpacing = 0.14;
        const double shift = static_cast<double>(s % 5) / 5;
        double next = kSpacing * (0.25 + 0.6 * shift);
        for (std::size_t i = 0; i < series.x.size(); ++i) {
            marked[i] = false;
            if (!x_axis().is_shown(series.x[i]) || !y_axes_[p].is_shown(series.y[i])) continue;
            const double at = x_axis().fraction(series.x[i]);
            if (at < next) continue;
            marked[i] = true;
            next += kSpacing * std::max(1.0, std::ceil((at - next) / kSpacing + 1e-9));
        }
        return marked;
    }

    // Only columns that some part of the figure needs. `name` stands last, as quotes in it would
    // disturb gnuplot's reader of what follows.
    void choose_columns() {
        bool has_spread = false, has_value = has_map(), has_marks = false;
        for (std::size_t p = 0; p < figure_.panels.size(); ++p) {
            for (std::size_t s = 0; s < figure_.panels[p].series.size(); ++s) {
                has_spread |= !figure_.panels[p].series[s].low.empty();
                has_value |= !figure_.panels[p].series[s].shade.empty();
                has_marks |= has_markers(p, s);
            }
        }
        columns_ = {"panel", "series", "x", "y"};
        if (has_spread) columns_.insert(columns_.end(), {"low", "high"});
        if (has_value) columns_.push_back("value");
        if (has_map()) columns_.insert(columns_.end(), {"left", "right", "bottom", "top"});
        if (has_marks) columns_.push_back("marked");
        columns_.push_back("name");
    }

    // "$5" for the fifth column.
    std::string column(const std::string& name) const {
        const auto at = std::find(columns_.begin(), columns_.end(), name);
        return "$" + std::to_string(at - columns_.begin() + 1);
    }

    void write_data() {
        data_ = join(columns_, "\t") + "\n";
        int id = 0;
        std::map<std::string, std::string> cells;  // by column
        const auto add_row = [&] {
            for (const std::string& name : columns_) data_ += cells[name] + "\t";
            data_.back() = '\n';
        };
        for (std::size_t p = 0; p < figure_.panels.size(); ++p) {
            const Panel& panel = figure_.panels[p];
            for (std::size_t s = 0; s < panel.series.size(); ++s) {
                const Series& series = panel.series[s];
                const std::vector<bool> marked = marked_points(p, s);
                cells = {{"panel", std::to_string(p + 1)},
                         {"series", std::to_string(++id)},
                         {"name", series.name}};
                for (std::size_t i = 0; i < series.x.size(); ++i) {
                    cells["x"] = format_number(series.x[i]);
                    cells["y"] = format_number(series.y[i]);
                    if (!series.low.empty()) {
                        cells["low"] = format_number(series.low[i]);
                        cells["high"] = format_number(series.high[i]);
                    }
                    if (!series.shade.empty()) cells["value"] = format_number(series.shade[i]);
                    cells["marked"] = marked[i] ? "1" : "0";
                    add_row();
                }
            }
            if (!panel.heat_map) continue;
            const HeatMap& map = *panel.heat_map;
            const auto left = cell_edges(map.x, figure_.x.scale == Scale::log);
            const auto bottom = cell_edges(map.y, panel.y.scale == Scale::log);
            cells = {{"panel", std::to_string(p + 1)}, {"series", std::to_string(++id)}};
            for (std::size_t row = 0; row < map.y.size(); ++row) {
                for (std::size_t col = 0; col < map.x.size(); ++col) {
                    cells["x"] = format_number(map.x[col]);
                    cells["y"] = format_number(map.y[row]);
                    cells["left"] = short_number(left[col]);
                    cells["right"] = short_number(left[col + 1]);
                    cells["bottom"] = short_number(bottom[row]);
                    cells["top"] = short_number(bottom[row + 1]);
                    cells["value"] = format_number(map.value[row * map.x.size() + col]);
                    add_row();
                }
            }
        }
    }

    // -- script ------------------------------------------------------------------------------

    double screen_x(double pixels) const { return pixels / layout_.width; }
    double screen_y(double pixels) const { return 1 - pixels / layout_.height; }

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
                 short_number(screen_x(12)) + ", screen " +
                 short_number(screen_y(top + size * 0.62)) + " left front font '" +
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
        line("    set " + name + "range [" + short_number(axis.low()) + ":" +
             short_number(axis.high()) + "]");
        std::string tics;
        for (const AxisView::Tic& tic : axis.tics()) {
            std::string label = has_labels ? tic.label : "";
            std::string text = markup_to_gnuplot(label);
            for (std::size_t at = 0; (at = text.find('%', at)) != text.npos; at += 2)
                text.insert(at, "%");  // labels of tics are formats
            tics += tics.empty() ? "" : ", ";
            tics += text + " " + short_number(tic.position) + (tic.label.empty() ? " 1" : "");
        }
        line("    set " + name + "tics nomirror " + extra + "(" + tics + ")");
    }

    void set_margins(const Box& box) {
        line("    set lmargin at screen " + short_number(screen_x(box.left)));
        line("    set rmargin at screen " + short_number(screen_x(box.right)));
        line("    set tmargin at screen " + short_number(screen_y(box.top)));
        line("    set bmargin at screen " + short_number(screen_y(box.bottom)));
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

    static std::string key_entry(const LegendEntry& entry) {
        return "keyentry " + entry.style + " title " + markup_to_gnuplot(entry.name);
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
        line("    # panel " + std::to_string(p + 1) +
             (panel.title.empty() ? "" : ": " + panel.title));
        if (p > 0) line("    unset label");
        line("    set border 3 lc rgb '#444444' lw 1");
        line("    set tics nomirror out scale 0.6,0.3 font ',11' textcolor rgb '#222222'");
        set_margins(place.box);
        write_axis("x", x_axis(), place.has_x_labels, rotation(place.box.width()));
        write_axis("y", y, true, "");
        // Labels stand where the layout says: gnuplot's own places depend on the terminal and on
        // the tics, so they would be cut off or stacked panels would not align.
        if (place.has_x_labels && !figure_.x.label.empty())
            line("    set label 102 " + markup_to_gnuplot(figure_.x.label) +
                 " at graph 0.5, screen " + short_number(screen_y(layout_.x_label_y)) +
                 " center front");
        if (!panel.y.label.empty() && place.has_y_label)
            line("    set label 100 " + markup_to_gnuplot(panel.y.label) + " at screen " +
                 short_number(screen_x(20)) + ", graph 0.5 center rotate by 90 front");
        if (!panel.title.empty())
            line("    set label 101 " + markup_to_gnuplot(panel.title) + " at screen " +
                 short_number(screen_x(place.box.left)) + ", screen " +
                 short_number(screen_y(place.box.top - key_height(p) - 10)) +
                 " left front font 'DejaVu Sans:Bold,12' textcolor rgb '#222222'");
        write_lines(panel, y);
        write_key(figure_.columns > 1 ? Legend() : layout_.legends[p], place.box);
        write_colours(p);
        write_plot(p);
    }

    std::string rotation(double width) const {
        if (figure_.x.ticks.empty()) return "norotate offset 0,0.4 ";
        double widest = 0;
        for (const AxisView::Tic& tic : x_axis().tics())
            widest = std::max(widest, text_width(tic.label) * Layout::kSmallFont);
        const bool is_tight =
            widest > 30 && widest * static_cast<double>(x_axis().tics().size()) > width;
        return is_tight ? "rotate by 45 right " : "norotate offset 0,0.4 ";
    }

    // Zero line, linear zone and references: arrows and a rectangle behind the data.
    void write_lines(const Panel& panel, const AxisView& y) {
        line("    unset arrow");
        line("    unset object");
        if (y.scale() == Scale::symlog) {
            const double zone = y.coordinate(y.linear_below());
            line("    set object 1 rectangle from graph 0, first " +
                 short_number(std::max(-zone, y.low())) + " to graph 1, first " +
                 short_number(std::min(zone, y.high())) +
                 " behind fc rgb '#f0f0f0' fs solid noborder  # the linear zone");
        }
        if ((panel.zero_line || y.scale() == Scale::symlog) && y.has_zero_inside())
            line(
                "    set arrow from graph 0, first 0 to graph 1, first 0 nohead back "
                "lc rgb '#888888' lw 1 dt 1");
        for (const Reference& reference : panel.references) {
            const bool is_vertical = reference.kind == Reference::Kind::vertical;
            const AxisView& axis = is_vertical ? x_axis() : y;
            if (!axis.is_shown(reference.at)) continue;
            const double share = axis.fraction(reference.at);
            if (share < 0 || share > 1) continue;
            const std::string at = short_number(axis.coordinate(reference.at));
            const std::string from =
                is_vertical ? "first " + at + ", graph 0" : "graph 0, first " + at;
            const std::string to =
                is_vertical ? "first " + at + ", graph 1" : "graph 1, first " + at;
            line("    set arrow from " + from + " to " + to + " nohead back lc rgb '" +
                 reference.colour + "' lw 1.2 " + dash_of(reference.dash));
        }
    }

    void write_key(const Legend& legend, const Box& box) {
        if (legend.entries.empty()) {
            line("    unset key");
            return;
        }
        const std::string look = " Left reverse font ',11' samplen 2 spacing 1.2 noautotitle";
        if (legend.is_right) {
            line("    set key at screen " + short_number(screen_x(grid_right() + 8 + bar_width())) +
                 ", screen " + short_number(screen_y(box.top)) + " left top vertical maxrows 99" +
                 look);
        } else {
            line("    set key at screen " + short_number(screen_x(box.left)) + ", screen " +
                 short_number(screen_y(box.top - 4)) + " left bottom horizontal maxcols " +
                 std::to_string(legend.columns) + " width 1" + look);
        }
    }

    // Of the rows of legend between a panel and its title.
    double key_height(std::size_t p) const {
        return figure_.columns > 1 ? 0 : layout_.legends[p].height;
    }

    double bar_width() const {
        for (const Panel& panel : figure_.panels)
            if (panel.heat_map || has_shade(panel)) return 84;
        return 0;
    }

    static bool has_shade(const Panel& panel) {
        return std::any_of(panel.series.begin(), panel.series.end(),
                           [](const Series& series) { return !series.shade.empty(); });
    }

    void write_colours(std::size_t p) {
        const Panel& panel = figure_.panels[p];
        if (!panel.heat_map && !has_shade(panel)) {
            line("    unset colorbox");
            return;
        }
        std::vector<double> values;
        if (panel.heat_map) append(values, panel.heat_map->value);
        for (const Series& series : panel.series) append(values, series.shade);
        const ColourScale& colours = panel.colours;
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
        const AxisView view(axis, values, 0, 6);
        const Box& box = layout_.panels[p].box;
        write_axis("cb", view, true, "scale 0.4,0.2 ");
        line("    set palette defined (" +
             std::string(colours.diverging
                             ? "0 '#08519c', 1 '#4292c6', 2 '#c6dbef', 3 '#f7f7f7', "
                               "4 '#fdd0a2', 5 '#e6550d', 6 '#a63603')"
                             : "0 '#440154', 1 '#472d7b', 2 '#3b528b', 3 '#2c728e', 4 '#21918c', "
                               "5 '#28ae80', 6 '#5ec962', 7 '#addc30', 8 '#fde725')"));
        line("    set colorbox vertical user origin screen " +
             short_number(screen_x(box.right + 12)) + ", screen " +
             short_number(screen_y(box.bottom)) + " size screen " +
             short_number(12 / layout_.width) + ", screen " +
             short_number(box.height() / layout_.height));
        if (!colours.label.empty())
            line("    set label 103 " + markup_to_gnuplot(colours.label) + " at screen " +
                 short_number(screen_x(box.right + 74)) + ", graph 0.5 center rotate by 90 front");
    }

    // -- plot --------------------------------------------------------------------------------

    // A column as a coordinate of an axis.
    std::string coordinate(const std::string& axis_name, const AxisView& axis,
                           const std::string& column_name) const {
        const std::string value = column(column_name);
        return axis.scale() == Scale::symlog ? "s" + axis_name + "(" + value + ")" : value;
    }

    // An end of an interval; one that reaches below a log axis is cut there.
    std::string interval_end(const AxisView& y, const std::string& column_name) const {
        const std::string value = column(column_name);
        if (y.scale() != Scale::log) return coordinate("y", y, column_name);
        const std::string floor = short_number(y.low());
        return value + " < " + floor + " ? " + floor + " : " + value;  // nan stays nan
    }

    void write_plot(std::size_t p) {
        const Panel& panel = figure_.panels[p];
        const AxisView& y = y_axes_[p];
        std::vector<std::string> back, front, top;  // order of drawing
        int id = 0;
        for (std::size_t q = 0; q < p; ++q)
            id += static_cast<int>(figure_.panels[q].series.size()) +
                  (figure_.panels[q].heat_map ? 1 : 0);
        const int num_bars = static_cast<int>(
            std::count_if(panel.series.begin(), panel.series.end(),
                          [](const Series& series) { return series.mark == Mark::bars; }));
        int bar = 0;
        for (std::size_t s = 0; s < panel.series.size(); ++s) {
            const Series& series = panel.series[s];
            const std::string rows = std::to_string(++id);
            const std::string colour = "lc rgb '" + looks_[p][s].colour + "'";
            std::string x = coordinate("x", x_axis(), "x");
            double width = 0;
            if (series.mark == Mark::bars) {
                const double slot = 0.8 * bar_slot(panel);
                width = slot / num_bars;
                x += " + " + short_number(-slot / 2 + width * (bar++ + 0.5));
            }
            const std::string at = "skip 1 using (of(" + rows + ", " + x + ")):";
            const std::string value = "(" + coordinate("y", y, "y") + ")";
            const std::string low = "(" + interval_end(y, "low") + ")";
            const std::string high = "(" + interval_end(y, "high") + ")";
            if (!series.low.empty() && series.spread == Spread::bars) {
                // Not yerrorbars: gnuplot draws a blank disc around their centres.
                top.push_back(at + low + ":(0):(" + high + " - " + low +
                              ") with vectors heads size screen 0.004,90 lw 1.2 dt 1 " +
                              (series.mark == Mark::bars ? "lc rgb '#222222'" : colour));
            } else if (!series.low.empty() && series.mark == Mark::steps) {
                back.push_back(at + low + " with steps lw 0.8 " + colour);
                back.push_back(at + high + " with steps lw 0.8 " + colour);
            } else if (!series.low.empty()) {
                back.push_back(at + low + ":" + high + " with filledcurves fc rgb '" +
                               looks_[p][s].colour + "' fs transparent solid 0.2 noborder");
            }
            switch (series.mark) {
                case Mark::line:
                case Mark::line_points:
                    front.push_back(at + value + " with lines " + line_style(p, s));
                    break;
                case Mark::steps:
                    front.push_back(at + value + " with steps " + line_style(p, s));
                    break;
                case Mark::points:
                    top.push_back(
                        at + value +
                        (series.shade.empty()
                             ? " with points " + point_style(p, s)
                             : ":(" + column("value") + ") with points pt 7 ps 0.6 lc palette"));
                    break;
                case Mark::bars:
                    front.push_back(at + value + ":(" + short_number(width * 0.94) +
                                    ") with boxes " + colour);
                    break;
                case Mark::sticks:
                    front.push_back(at + value + " with impulses " + line_style(p, s));
                    break;
            }
            if (has_markers(p, s))
                top.push_back(at + "(" + column("marked") + " == 1 ? " + coordinate("y", y, "y") +
                              " : NaN) with points " + point_style(p, s));
        }
        if (panel.heat_map) back.insert(back.begin(), map_plot(p, ++id));
        std::string plot = "    plot ";
        const auto add = [&](const std::string& part) {
            if (!plot.ends_with("plot ")) plot += ", \\\n        ";
            plot += part;
        };
        for (const auto* group : {&back, &front, &top})
            for (const std::string& part : *group) add("data " + part + " notitle");
        if (figure_.columns == 1)
            for (const LegendEntry& entry : layout_.legends[p].entries) add(key_entry(entry));
        if (plot.ends_with("plot ")) plot += "NaN notitle";  // an empty panel keeps its axes
        line(plot);
    }

    // Rectangles, each with its own edges: they may lie unevenly or on a log axis, and unlike an
    // image they stay sharp when the figure is enlarged. They overlap by a twentieth, so that no
    // background shines through the seams.
    std::string map_plot(std::size_t p, int id) const {
        const AxisView& y = y_axes_[p];
        const auto x_of = [&](const char* name) { return coordinate("x", x_axis(), name); };
        const auto y_of = [&](const char* name) { return coordinate("y", y, name); };
        const auto beyond = [](const std::string& from, const std::string& to) {
            return to + " + 0.05 * (" + to + " - " + from + ")";
        };
        return "skip 1 using (of(" + std::to_string(id) + ", " + x_of("x") + ")):(" + y_of("y") +
               "):(" + x_of("left") + "):(" + beyond(x_of("left"), x_of("right")) + "):(" +
               y_of("bottom") + "):(" + beyond(y_of("bottom"), y_of("top")) + "):(" +
               column("value") + ") with boxxyerror fs solid 1 noborder lc palette";
    }

    const Figure& figure_;
    std::vector<std::vector<Look>> looks_;
    bool needs_markers_ = false;
    std::vector<AxisView> x_axis_;  // one
    std::vector<AxisView> y_axes_;
    std::vector<Legend> legends_;
    std::vector<std::string> columns_;  // of the table
    Layout layout_;
    std::string script_, data_;
};

}  // namespace

FigureTexts write_figure(const Figure& figure) { return ScriptWriter(figure).write(); }

}  // namespace dualtape::lab
