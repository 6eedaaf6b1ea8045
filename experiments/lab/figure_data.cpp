#include "experiments/lab/figure_data.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

#include "experiments/lab/suggest.h"
#include "experiments/lab/table.h"

namespace dualtape::lab {
namespace {

// Which points of a line carry a marker: about seven along the axis, shifted from series to series
// so that they do not hide each other; all points of short series.
std::vector<bool> marked_points(const Series& series, std::size_t position, const AxisView& x,
                                const AxisView& y) {
    std::vector<bool> marked(series.x.size(), true);
    if (series.mark == Mark::line_points || series.x.size() <= 12) return marked;
    constexpr double kSpacing = 0.14;
    double next = kSpacing * (0.25 + 0.12 * static_cast<double>(position % 5));
    for (std::size_t i = 0; i < series.x.size(); ++i) {
        marked[i] = false;
        if (!x.is_shown(series.x[i]) || !y.is_shown(series.y[i])) continue;
        const double at = x.fraction(series.x[i]);
        if (at < next) continue;
        marked[i] = true;
        next += kSpacing * std::max(1.0, std::ceil((at - next) / kSpacing + 1e-9));
    }
    return marked;
}

// The rows of a series that stay; see without_hidden_points.
std::vector<std::size_t> visible_rows(const Series& series, const AxisView& x) {
    constexpr double kPlaces = 1200;
    std::set<std::size_t> rows;
    const auto place = [&](std::size_t i) {
        return x.is_shown(series.x[i]) ? std::floor(x.fraction(series.x[i]) * kPlaces) : -1.0;
    };
    const std::size_t size = series.x.size();
    for (std::size_t begin = 0, end = 0; begin < size; begin = end) {
        while (end < size && place(end) == place(begin)) ++end;
        rows.insert({begin, end - 1});
        for (const auto* values : {&series.y, &series.low, &series.high}) {
            if (values->empty()) continue;
            std::size_t least = begin;
            while (least + 1 < end && std::isnan((*values)[least])) ++least;
            std::size_t most = least;
            for (std::size_t i = begin; i < end; ++i) {
                if ((*values)[i] < (*values)[least]) least = i;
                if ((*values)[i] > (*values)[most]) most = i;
                if (std::isnan((*values)[i])) rows.insert(i);  // a gap in the line
            }
            rows.insert({least, most});
        }
    }
    return {rows.begin(), rows.end()};
}

}  // namespace

Figure without_hidden_points(const Figure& figure, const AxisView& x) {
    constexpr std::size_t kMaxPoints = 2000;
    Figure thin = figure;
    for (Panel& panel : thin.panels) {
        for (Series& series : panel.series) {
            const bool is_line = series.mark == Mark::line || series.mark == Mark::steps;
            if (!is_line || series.x.size() <= kMaxPoints) continue;
            const std::vector<std::size_t> rows = visible_rows(series, x);
            for (auto* values : {&series.x, &series.y, &series.low, &series.high}) {
                if (values->empty()) continue;
                std::vector<double> kept;
                for (const std::size_t row : rows) kept.push_back((*values)[row]);
                *values = std::move(kept);
            }
        }
    }
    return thin;
}

Figure broken_at_zero(Figure figure, const AxisView& x) {
    if (x.scale() != Scale::symlog) return figure;
    const double zone = x.linear_below() * (1 - 1e-9);  // its ends belong to the outside
    const auto is_leap = [&](double from, double to) {
        return (from <= -zone && to >= zone) || (from >= zone && to <= -zone);
    };
    for (Panel& panel : figure.panels) {
        for (Series& series : panel.series) {
            if (series.mark != Mark::line && series.mark != Mark::line_points) continue;
            for (std::size_t i = series.x.size(); i-- > 1;) {
                if (!is_leap(series.x[i - 1], series.x[i])) continue;
                const auto place = static_cast<std::ptrdiff_t>(i);
                series.x.insert(series.x.begin() + place, 0);
                for (auto* values : {&series.y, &series.low, &series.high})
                    if (!values->empty()) values->insert(values->begin() + place, std::nan(""));
            }
        }
    }
    return figure;
}

double bar_slot(const Panel& panel) {
    std::set<double> places;
    for (const Series& series : panel.series)
        if (series.mark == Mark::bars)
            for (const double x : series.x)
                if (std::isfinite(x)) places.insert(x);
    double slot = 0;
    for (auto at = places.begin(); at != places.end() && std::next(at) != places.end(); ++at)
        slot = slot == 0 ? *std::next(at) - *at : std::min(slot, *std::next(at) - *at);
    return slot > 0 ? slot : 1;
}

std::vector<double> cell_edges(const std::vector<double>& centres, Scale scale) {
    const bool is_log = scale == Scale::log;
    const auto to = [&](double value) { return is_log ? std::log(value) : value; };
    const auto from = [&](double value) { return is_log ? std::exp(value) : value; };
    const std::size_t n = centres.size();
    if (n == 0) return {};
    std::vector<double> edges(n + 1);
    for (std::size_t i = 1; i < n; ++i) edges[i] = from((to(centres[i - 1]) + to(centres[i])) / 2);
    const double first = n > 1 ? to(centres[1]) - to(centres[0]) : 1;
    const double last = n > 1 ? to(centres[n - 1]) - to(centres[n - 2]) : 1;
    edges[0] = from(to(centres[0]) - first / 2);
    edges[n] = from(to(centres[n - 1]) + last / 2);
    return edges;
}

bool has_colour_scale(const Panel& panel) {
    return panel.heat_map ||
           std::any_of(panel.series.begin(), panel.series.end(),
                       [](const Series& series) { return !series.shade.empty(); });
}

FigureData::FigureData(const Figure& figure, const FigureLooks& looks, const AxisView& x,
                       const std::vector<AxisView>& y)
    : figure_(figure) {
    bool has_spread = false, has_value = false, has_cells = false, has_marks = false;
    for (std::size_t p = 0; p < figure.panels.size(); ++p) {
        has_value |= has_colour_scale(figure.panels[p]);
        has_cells |= figure.panels[p].heat_map.has_value();
        for (std::size_t s = 0; s < figure.panels[p].series.size(); ++s) {
            has_spread |= !figure.panels[p].series[s].low.empty();
            has_marks |= looks.has_markers(p, s);
        }
    }
    columns_ = {"panel", "series", "x", "y"};
    if (has_spread) columns_.insert(columns_.end(), {"low", "high"});
    if (has_value) columns_.push_back("value");
    if (has_cells) columns_.insert(columns_.end(), {"left", "right", "bottom", "top"});
    if (has_marks) columns_.push_back("marked");
    columns_.push_back("name");

    text_ = join(columns_, "\t") + "\n";
    std::size_t num_rows = 0;
    for (std::size_t p = 0; p < figure.panels.size(); ++p) {
        const Panel& panel = figure.panels[p];
        for (std::size_t s = 0; s < panel.series.size(); ++s) {
            const Series& series = panel.series[s];
            const std::vector<bool> marked = marked_points(series, s, x, y[p]);
            std::map<std::string, std::string> cells{{"panel", std::to_string(p + 1)},
                                                     {"series", std::to_string(series_id(p, s))},
                                                     {"name", series.name}};
            for (std::size_t i = 0; i < series.x.size(); ++i) {
                cells["x"] = format_number(series.x[i]);
                cells["y"] = format_number(series.y[i]);
                if (!series.low.empty()) {
                    cells["low"] = format_number(series.low[i]);
                    cells["high"] = format_number(series.high[i]);
                }
                if (!series.shade.empty()) cells["value"] = format_number(series.shade[i]);
                cells["marked"] = looks.has_markers(p, s) && marked[i] ? "1" : "0";
                add_row(cells);
            }
        }
        for (const Series& series : panel.series) num_rows += series.x.size();
        rows_before_map_.push_back(static_cast<int>(num_rows));
        if (!panel.heat_map) continue;
        num_rows += panel.heat_map->value.size();
        add_heat_map(
            panel, {{"panel", std::to_string(p + 1)}, {"series", std::to_string(heat_map_id(p))}});
    }
}

void FigureData::add_row(std::map<std::string, std::string>& cells) {
    for (const std::string& name : columns_) text_ += cells[name] + "\t";
    text_.back() = '\n';
}

void FigureData::add_heat_map(const Panel& panel, std::map<std::string, std::string> cells) {
    const HeatMap& map = *panel.heat_map;
    const std::vector<double> left = cell_edges(map.x, figure_.x.scale);
    const std::vector<double> bottom = cell_edges(map.y, panel.y.scale);
    for (std::size_t row = 0; row < map.y.size(); ++row) {
        for (std::size_t col = 0; col < map.x.size(); ++col) {
            cells["x"] = format_number(map.x[col]);
            cells["y"] = format_number(map.y[row]);
            cells["left"] = format_number(left[col]);
            cells["right"] = format_number(left[col + 1]);
            cells["bottom"] = format_number(bottom[row]);
            cells["top"] = format_number(bottom[row + 1]);
            cells["value"] = format_number(map.value[row * map.x.size() + col]);
            add_row(cells);
        }
    }
}

std::string FigureData::column(const std::string& name) const {
    const auto at = std::find(columns_.begin(), columns_.end(), name);
    return "$" + std::to_string(at - columns_.begin() + 1);
}

int FigureData::series_id(std::size_t panel, std::size_t series) const {
    std::size_t before = 0;
    for (std::size_t p = 0; p < panel; ++p)
        before += figure_.panels[p].series.size() + (figure_.panels[p].heat_map ? 1 : 0);
    return static_cast<int>(before + series + 1);
}

std::pair<int, int> FigureData::heat_map_rows(std::size_t panel) const {
    const int first = rows_before_map_[panel];
    const auto size = figure_.panels[panel].heat_map->value.size();
    return {first, first + static_cast<int>(size) - 1};
}

int FigureData::heat_map_id(std::size_t panel) const {
    return series_id(panel, figure_.panels[panel].series.size());
}

}  // namespace dualtape::lab
