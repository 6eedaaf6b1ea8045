#include "experiments/lab/figure_plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "experiments/lab/markup.h"

namespace dualtape::lab {
namespace {

// A map of more cells becomes an image: rectangles would make the SVG too large.
constexpr std::size_t kMaxRectangles = 2500;

bool is_even(const std::vector<double>& centres) {
    for (std::size_t i = 2; i < centres.size(); ++i) {
        const double first = centres[1] - centres[0], step = centres[i] - centres[i - 1];
        if (std::abs(step - first) > 1e-6 * std::abs(first)) return false;
    }
    return true;
}

class PlotWriter {
  public:
    PlotWriter(const PlotSource& source, std::size_t panel, const AxisView& y)
        : source_(source), p_(panel), panel_(source.figure.panels[panel]), y_(y) {}

    std::string write(const std::vector<LegendEntry>& legend) {
        if (panel_.heat_map) add_heat_map();
        for (std::size_t s = 0; s < panel_.series.size(); ++s) add_series(s);
        std::string plot;
        const auto add = [&](const std::string& part) {
            plot += plot.empty() ? "plot " + part : ", \\\n        " + part;
        };
        for (const auto* group : {&back_, &front_, &top_})
            for (const std::string& part : *group) add("data skip 1 " + part + " notitle");
        for (const LegendEntry& entry : legend) add(key_entry(entry));
        return plot.empty() ? "plot NaN notitle" : plot;  // an empty panel keeps its axes
    }

  private:
    // A column as a coordinate of an axis.
    std::string x_of(const std::string& column) const {
        const std::string value = source_.data.column(column);
        return source_.x.scale() == Scale::symlog ? "sx(" + value + ")" : value;
    }
    std::string y_of(const std::string& column) const {
        const std::string value = source_.data.column(column);
        return y_.scale() == Scale::symlog ? "sy(" + value + ")" : value;
    }

    // An end of an interval. On a log axis one that reaches below is cut there, and one that lies
    // below as a whole is not drawn. nan stays nan.
    std::string interval_end(const std::string& column) const {
        if (y_.scale() != Scale::log) return "(" + y_of(column) + ")";
        const std::string value = source_.data.column(column), floor = axis_number(y_, y_.low());
        return "(" + source_.data.column("high") + " < " + floor + " ? NaN : " + value + " < " +
               floor + " ? " + floor + " : " + value + ")";
    }

    void add_series(std::size_t s) {
        const Series& series = panel_.series[s];
        std::string x = x_of("x");
        double width = 0;
        if (series.mark == Mark::bars) {  // side by side around their place
            const auto is_bar = [](const Series& other) { return other.mark == Mark::bars; };
            const auto first = panel_.series.begin(), here = first + static_cast<std::ptrdiff_t>(s);
            const auto before = static_cast<double>(std::count_if(first, here, is_bar));
            const auto all = static_cast<double>(std::count_if(first, panel_.series.end(), is_bar));
            const double slot = 0.8 * bar_slot(panel_);
            width = slot / all;
            x += " + " + short_number(-slot / 2 + width * (before + 0.5));
        }
        const std::string at =
            "using (of(" + std::to_string(source_.data.series_id(p_, s)) + ", " + x + ")):";
        const std::string value = "(" + y_of("y") + ")";
        if (!series.low.empty()) add_interval(s, at);
        switch (series.mark) {
            case Mark::line:
            case Mark::line_points:
                front_.push_back(at + value + " with lines " + source_.looks.line_style(p_, s));
                break;
            case Mark::steps:
                front_.push_back(at + value + " with steps " + source_.looks.line_style(p_, s));
                break;
            case Mark::points:
                top_.push_back(at + value +
                               (series.shade.empty()
                                    ? " with points " + source_.looks.point_style(p_, s)
                                    : ":(" + source_.data.column("value") +
                                          ") with points pt 7 ps 0.6 lc palette"));
                break;
            case Mark::bars:
                front_.push_back(at + value + ":(" + short_number(width * 0.94) +
                                 ") with boxes fs solid 1 lc rgb '" + source_.looks.colour(p_, s) +
                                 "'");
                break;
            case Mark::sticks:
                front_.push_back(at + value + " with impulses " + source_.looks.line_style(p_, s));
                break;
        }
        if (source_.looks.has_markers(p_, s))
            top_.push_back(at + "(" + source_.data.column("marked") + " == 1 ? " + y_of("y") +
                           " : NaN) with points " + source_.looks.point_style(p_, s));
    }

    void add_interval(std::size_t s, const std::string& at) {
        const Series& series = panel_.series[s];
        const std::string low = interval_end("low"), high = interval_end("high");
        const std::string colour = "rgb '" + source_.looks.colour(p_, s) + "'";
        if (series.spread == Spread::bars) {
            // Not yerrorbars: gnuplot draws a blank disc around their centres.
            top_.push_back(at + low + ":(0):(" + high + " - " + low +
                           ") with vectors heads size screen 0.004,90 lw 1.2 dt 1 lc " +
                           (series.mark == Mark::bars ? "rgb '#222222'" : colour));
        } else if (series.mark == Mark::steps) {
            back_.push_back(at + low + " with steps lw 0.8 lc " + colour);
            back_.push_back(at + high + " with steps lw 0.8 lc " + colour);
        } else {
            back_.push_back(at + low + ":" + high + " with filledcurves fc " + colour +
                            " fs transparent solid 0.2 noborder");
        }
    }

    // Rectangles, each with its own edges, may lie unevenly or on a log axis, and stay sharp when
    // the figure is enlarged. They overlap by a twentieth, so that no background shines through.
    void add_heat_map() {
        const HeatMap& map = *panel_.heat_map;
        const std::string value = "(" + source_.data.column("value") + ")";
        const bool is_plain = source_.x.scale() == Scale::linear && y_.scale() == Scale::linear;
        if (map.value.size() > kMaxRectangles && is_plain && is_even(map.x) && is_even(map.y)) {
            const auto [first, last] = source_.data.heat_map_rows(p_);
            back_.push_back("every ::" + std::to_string(first) + "::" + std::to_string(last) +
                            " using " + "(" + x_of("x") + "):(" + y_of("y") + "):" + value +
                            " with image");
            return;
        }
        const auto beyond = [](const std::string& from, const std::string& to) {
            return "(" + to + " + 0.05 * (" + to + " - " + from + "))";
        };
        back_.push_back("using (of(" + std::to_string(source_.data.heat_map_id(p_)) + ", " +
                        x_of("x") + ")):(" + y_of("y") + "):(" + x_of("left") +
                        "):" + beyond(x_of("left"), x_of("right")) + ":(" + y_of("bottom") +
                        "):" + beyond(y_of("bottom"), y_of("top")) + ":" + value +
                        " with boxxyerror fs solid 1 noborder lc palette");
    }

    const PlotSource& source_;
    const std::size_t p_;
    const Panel& panel_;
    const AxisView& y_;
    std::vector<std::string> back_, front_, top_;
};

std::string with_digits(double value, int digits) {
    char text[40];
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    return text;
}

}  // namespace

std::string short_number(double value) { return with_digits(value, 8); }

std::string axis_number(const AxisView& axis, double coordinate) {
    const double largest = std::max(std::abs(axis.low()), std::abs(axis.high()));
    const double shared = std::floor(std::log10(largest / (axis.high() - axis.low())));
    return with_digits(coordinate, 8 + static_cast<int>(std::clamp(shared, 0.0, 9.0)));
}

std::string key_entry(const LegendEntry& entry) {
    return "keyentry " + entry.style + " title " + markup_to_gnuplot(entry.name);
}

std::string plot_command(const PlotSource& source, std::size_t panel, const AxisView& y,
                         const std::vector<LegendEntry>& legend) {
    return PlotWriter(source, panel, y).write(legend);
}

}  // namespace dualtape::lab
