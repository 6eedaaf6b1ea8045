#include "experiments/lab/figure_looks.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace dualtape::lab {
namespace {

constexpr int kMarkTypes[] = {7, 5, 9, 13, 11, 15};  // filled: circle, square, triangles, ...

bool is_line(Mark mark) {
    return mark == Mark::line || mark == Mark::line_points || mark == Mark::steps;
}

}  // namespace

std::string dash_style(Dash dash) {
    switch (dash) {
        case Dash::solid:
            break;
        case Dash::dashed:
            return "dt (7,4)";
        case Dash::dotted:
            return "dt (2,3)";
        case Dash::dash_dotted:
            return "dt (8,3,2,3)";
    }
    return "dt 1";
}

FigureLooks::FigureLooks(const Figure& figure) : figure_(figure) {
    std::map<std::string, std::string> by_name;
    std::map<std::string, int> marks;  // by colour
    int next = 0;
    for (const Panel& panel : figure.panels) {
        // A ramp numbers the names of its panel.
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
                colour = ramp(static_cast<double>(at - ordered.begin()) /
                              std::max(1.0, static_cast<double>(ordered.size()) - 1));
            }
            if (colour.empty()) {
                if (!by_name.contains(series.name)) by_name[series.name] = okabe_ito(next++);
                colour = by_name[series.name];
            }
            const auto mark = marks.emplace(colour, static_cast<int>(marks.size())).first->second;
            looks.push_back({colour, kMarkTypes[mark % static_cast<int>(std::size(kMarkTypes))]});
        }
        // Lines of equal dash and different colour need markers as the second cue. A ramp does
        // without: its lightness is one.
        for (std::size_t i = 0; i < looks.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (is_line(panel.series[i].mark) && is_line(panel.series[j].mark) &&
                    panel.series[i].dash == panel.series[j].dash &&
                    looks[i].colour != looks[j].colour && !panel.has_ramp)
                    needs_markers_ = true;
        looks_.push_back(std::move(looks));
    }
}

const std::string& FigureLooks::colour(std::size_t panel, std::size_t series) const {
    return looks_[panel][series].colour;
}

bool FigureLooks::has_markers(std::size_t panel, std::size_t series) const {
    const Mark mark = figure_.panels[panel].series[series].mark;
    if (mark == Mark::line_points) return true;
    return mark == Mark::line && needs_markers_ && !figure_.panels[panel].has_ramp;
}

std::string FigureLooks::line_style(std::size_t panel, std::size_t series) const {
    const bool is_crowded = figure_.panels[panel].series.size() > 12;
    return "lc rgb '" + colour(panel, series) + "' lw " + (is_crowded ? "1.2 " : "1.8 ") +
           dash_style(figure_.panels[panel].series[series].dash);
}

std::string FigureLooks::point_style(std::size_t panel, std::size_t series) const {
    const Series& points = figure_.panels[panel].series[series];
    const bool is_cloud = points.mark == Mark::points && points.x.size() > 200;
    return "pt " + std::to_string(looks_[panel][series].mark_type) + " ps " +
           (is_cloud ? "0.3" : "0.6") + " lc rgb '" + colour(panel, series) + "'";
}

std::string FigureLooks::key_style(std::size_t panel, std::size_t series) const {
    const Mark mark = figure_.panels[panel].series[series].mark;
    if (mark == Mark::points) return "with points " + point_style(panel, series);
    if (mark == Mark::bars) return "with boxes fs solid 1 fc rgb '" + colour(panel, series) + "'";
    if (!has_markers(panel, series)) return "with lines " + line_style(panel, series);
    return "with linespoints " + line_style(panel, series) + " pt " +
           std::to_string(looks_[panel][series].mark_type) + " ps 0.6";
}

std::vector<Legend> FigureLooks::legends() const {
    std::vector<Legend> legends;
    for (std::size_t p = 0; p < figure_.panels.size(); ++p) {
        Legend legend;
        const auto add = [&](const std::string& name, const std::string& style) {
            for (const LegendEntry& entry : legend.entries)
                if (entry.name == name) return;
            for (const Legend& earlier : legends)
                for (const LegendEntry& entry : earlier.entries)
                    if (entry.name == name && entry.style == style) return;
            if (!name.empty()) legend.entries.push_back({name, style});
        };
        const Panel& panel = figure_.panels[p];
        for (std::size_t s = 0; s < panel.series.size(); ++s)
            add(panel.series[s].name, key_style(p, s));
        for (const Reference& reference : panel.references)
            add(reference.label, "with lines lc rgb '" + reference.colour + "' lw 1.2 " +
                                     dash_style(reference.dash));
        legends.push_back(std::move(legend));
    }
    for (std::size_t p = 1; p < legends.size() && figure_.columns > 1; ++p) {
        auto& first = legends[0].entries;
        first.insert(first.end(), legends[p].entries.begin(), legends[p].entries.end());
        legends[p].entries.clear();
    }
    return legends;
}

}  // namespace dualtape::lab
