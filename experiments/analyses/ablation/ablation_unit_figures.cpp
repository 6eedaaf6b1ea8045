#include "experiments/analyses/ablation/ablation_figures.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include "experiments/report/run_tables.h"

namespace dualtape::analyses {

namespace {

using lab::Figure;
using lab::Panel;

constexpr std::size_t kMaxColours = 6;  // clusters that are told apart

// "0.03 to 0.4", or one number when both are the same in print.
std::string range_of(const std::vector<double>& values) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const std::string from = report::readable_short(*low), to = report::readable_short(*high);
    return from == to ? from : from + " to " + to;
}

// Mean and one standard deviation on either side of it, as far as the activation goes: a ReLU is
// never below zero, whatever its spread.
lab::Series with_spread(const report::TableSlice& profile, const report::TableSlice& map) {
    lab::Series series{.x = profile.numbers("residue"), .y = profile.numbers("mean")};
    const std::vector<double> spread = profile.numbers("spread"),
                              activation = map.numbers("activation");
    double least = -INFINITY, most = INFINITY;
    if (!activation.empty()) {
        least = *std::min_element(activation.begin(), activation.end());
        most = *std::max_element(activation.begin(), activation.end());
    }
    for (std::size_t i = 0; i < spread.size(); ++i) {
        series.low.push_back(std::max(series.y[i] - spread[i], least));
        series.high.push_back(std::min(series.y[i] + spread[i], most));
    }
    return series;
}

// unit -> frequency, of the clusters that have one.
std::map<std::string, std::string> frequency_of_units(const AblationSource& source) {
    std::map<std::string, std::string> frequency;
    const report::TableSlice rows =
        source.rows("ablation_clusters.tsv").where("kind", "neurons").where("subset", "removed");
    const std::vector<std::string> names = rows.texts("frequency"), units = rows.texts("units");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (names[i].find(' ') != std::string::npos) continue;  // all clusters together
        std::istringstream words(units[i]);
        for (std::string unit; words >> unit;) frequency[unit] = names[i];
    }
    return frequency;
}

// The frequencies of the most units, most first.
std::vector<std::string> largest_clusters(const std::map<std::string, std::string>& frequency) {
    std::map<std::string, std::size_t> count;
    for (const auto& [unit, name] : frequency) ++count[name];
    std::vector<std::string> names;
    for (const auto& [name, units] : count) names.push_back(name);
    std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
        return count[a] > count[b];
    });
    if (names.size() > kMaxColours) names.resize(kMaxColours);
    return names;
}

}  // namespace

report::TableSlice AblationSource::rows(const char* table) const {
    for (const report::TableSlice& of : report::TableSlice(folder / table).trainings()) {
        if (of.training() == training) return of.at_last_step();
    }
    return report::TableSlice(folder / table).where("step", "none");
}

std::string AblationSource::subtitle(const report::TableSlice& rows) const {
    return setting + (setting.empty() ? "" : ", ") + rows.training() + ", step " +
           rows.first_text("step") + ", " + rows.first_text("node");
}

std::string AblationSource::importance() const {
    const std::string measure = rows("neurons.tsv").first_text("ranked_by");
    for (const auto& [name, words] : std::vector<std::pair<std::string, std::string>>{
             {"mean_magnitude", "mean |activation|"},
             {"variance", "variance of the activation"},
             {"logit_effect", "root mean square written to the logits"},
             {"attribution_magnitude", "mean |activation × gradient|"}}) {
        if (measure == name) return words;
    }
    return measure;
}

std::string replaced_by(const std::string& mode) {
    return "replaced by " + (mode == "mean"       ? "the mean"
                             : mode == "resample" ? "resampling"
                                                  : mode);
}

std::string shown_part(const report::TableSlice& rows) {
    return rows.where("part", "test").is_empty() ? "train" : "test";
}

std::optional<Figure> activation_heatmap(const AblationSource& source) {
    const report::TableSlice rows = source.rows("activation_maps.tsv");
    if (rows.is_empty()) return std::nullopt;
    Figure figure;
    figure.stem = "activation_heatmap";
    figure.subtitle = source.subtitle(rows);
    figure.x = {.label = "b"};
    figure.columns = 3;
    figure.shared_colours = true;
    std::vector<double> active;
    for (const std::string& unit : report::distinct(rows.texts("unit"))) {
        const report::TableSlice of = rows.where("unit", unit);
        const std::vector<double> activation = of.numbers("activation");
        const auto p = static_cast<std::size_t>(std::lround(std::sqrt(of.size())));
        lab::HeatMap map{.value = activation};
        for (std::size_t i = 0; i < p; ++i) map.x.push_back(static_cast<double>(i));
        map.y = map.x;
        Panel& panel = figure.add_panel({.label = "a"}, "unit " + unit);
        panel.heat_map = map;
        panel.colours = {.label = "activation"};
        active.push_back(static_cast<double>(std::count_if(activation.begin(), activation.end(),
                                                           [](double h) { return h > 0; })) /
                         static_cast<double>(activation.size()));
    }
    figure.title = "The most important units are positive on " + range_of(active) + " of all pairs";
    figure.caption =
        "Activation of the most important units on every pair (a, b), the most important first, "
        "all on one colour scale. A unit of one frequency repeats in stripes or in a lattice; one "
        "that knows only the sum has stripes along the falling diagonal.";
    figure.alt = "Heat maps of the activations of the most important units over all pairs";
    return figure;
}

std::optional<Figure> activation_vs_sum(const AblationSource& source) {
    const report::TableSlice rows =
        source.rows("activation_profiles.tsv").where("against", "a + b");
    if (rows.is_empty()) return std::nullopt;
    const report::TableSlice neurons = source.rows("neurons.tsv"),
                             maps = source.rows("activation_maps.tsv");
    Figure figure;
    figure.stem = "activation_vs_sum";
    figure.subtitle = source.subtitle(rows);
    figure.x = {.label = "(a + b) mod p"};
    figure.columns = 5;
    const std::vector<std::string> units = report::distinct(rows.texts("unit"));
    std::vector<double> shares, tops;
    for (const std::string& unit : units) {
        lab::Series series = with_spread(rows.where("unit", unit), maps.where("unit", unit));
        series.colour = lab::okabe_ito(0);
        figure.add_panel({.label = "activation"}, "unit " + unit).series.push_back(series);
        shares.push_back(neurons.where("unit", unit).first_number("sum_share"));
    }
    figure.title = "(a + b) mod p alone explains " + range_of(shares) +
                   " of the variance of the most important units";
    figure.caption =
        "Mean activation over the pairs with the same sum, with one standard deviation among them "
        "as band, cut where no pair has such an activation. A band much wider than the line's own "
        "movement says that the unit sees the "
        "operands and not only their sum.";
    figure.alt = "Mean activation against the sum modulo p, one panel a unit, with bands";
    return figure;
}

std::optional<Figure> neuron_importance(const AblationSource& source) {
    const report::TableSlice rows = source.rows("neurons.tsv");
    if (rows.is_empty()) return std::nullopt;
    const std::vector<std::string> unit = rows.texts("unit");
    const std::vector<double> rank = rows.numbers("rank"), value = rows.numbers("importance");
    const std::map<std::string, std::string> frequency = frequency_of_units(source);
    const std::vector<std::string> largest = largest_clusters(frequency);
    Figure figure;
    figure.stem = "neuron_importance";
    figure.subtitle = source.subtitle(rows);
    figure.x = {.label = "rank of the unit"};
    Panel& panel = figure.add_panel({.label = source.importance(), .scale = lab::Scale::log});
    const auto series_of = [&](const std::string& name, auto belongs) {
        lab::Series series{.name = name, .mark = lab::Mark::points};
        for (std::size_t i = 0; i < unit.size(); ++i) {
            const auto found = frequency.find(unit[i]);
            if (!belongs(found == frequency.end() ? "" : found->second)) continue;
            series.x.push_back(rank[i]);
            series.y.push_back(value[i]);
        }
        return series;
    };
    for (const std::string& name : largest) {
        panel.series.push_back(
            series_of("frequency " + name, [&](const std::string& of) { return of == name; }));
    }
    lab::Series others =
        series_of(largest.empty() ? "units" : "others", [&](const std::string& of) {
            return std::find(largest.begin(), largest.end(), of) == largest.end();
        });
    if (!largest.empty()) others.colour = lab::kGrey;
    if (!others.x.empty()) panel.series.push_back(others);
    const std::vector<double> relative = rows.numbers("relative");
    const double top = *std::max_element(relative.begin(), relative.end());
    const auto above =
        std::count_if(relative.begin(), relative.end(), [](double ratio) { return ratio > 2; });
    figure.title = "The most important unit has " + report::readable_short(top) +
                   " times the mean; " + std::to_string(above) + " of " +
                   std::to_string(unit.size()) + " have more than twice";
    figure.caption =
        "Importance of every unit against its rank." +
        std::string(largest.empty() ? ""
                                    : " Colours: the largest clusters of units with at least "
                                      "0.85 of their variance at one frequency; grey: smaller "
                                      "clusters and units of none.") +
        " A unit that never answers has no place on the logarithmic axis.";
    figure.alt = "Points falling from left to right: importance against rank";
    return figure;
}

}  // namespace dualtape::analyses
