#include "experiments/analyses/ablation/ablation_figures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "experiments/lab/suggest.h"
#include "experiments/report/run_tables.h"
#include "experiments/report/step_axis.h"

namespace dualtape::analyses {

namespace {

using lab::Dash;
using lab::Figure;
using lab::Panel;
using lab::Scale;
using lab::Series;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct RemovalOrder {
    const char* name;  // in the table
    const char* legend;
    const char* words;  // of the title: 5 ..; none: not there
    const char* colour;
    Dash dash;
};
const std::vector<RemovalOrder> kRemovalOrders{
    {"top", "most important first", "by importance", "#0072B2", Dash::solid},
    {"random", "random orders, median and 95 %", "at random", lab::kGrey, Dash::solid},
    {"bottom", "least important first", "", "#D55E00", Dash::dashed},
    {"greedy", "greedy, chosen on the train pairs", "greedily", "#009E73", Dash::dash_dotted}};

// The first number of units at which the accuracy is at most half of what it was; nan: never.
double halved_at(const report::TableSlice& curve) {
    const std::vector<double> accuracy = curve.numbers("accuracy"),
                              count = curve.numbers("num_ablated");
    for (std::size_t i = 0; i < accuracy.size(); ++i) {
        if (accuracy[i] <= accuracy[0] / 2) return count[i];
    }
    return kNaN;
}

// The mode in which curves, pairs and circuits are measured.
std::string first_mode(const report::TableSlice& rows) { return rows.first_text("mode"); }

}  // namespace

std::optional<Figure> ablation_curves(const AblationSource& source) {
    const report::TableSlice rows = source.rows("ablation_curves.tsv");
    if (rows.is_empty()) return std::nullopt;
    const std::string part = shown_part(rows);
    const report::TableSlice of_part = rows.where("part", part);
    Figure figure;
    figure.stem = "ablation_curves";
    figure.subtitle = source.subtitle(rows) + ", " + replaced_by(first_mode(rows));
    figure.x = {.label = "units removed"};
    Panel& accuracy = figure.add_panel({.label = part + " accuracy", .min = 0, .max = 1.02});
    Panel& loss = figure.add_panel({.label = part + " cross-entropy (nats)", .scale = Scale::log});
    std::vector<std::string> halves;
    for (const RemovalOrder& order : kRemovalOrders) {
        const report::TableSlice curve = of_part.where("order", order.name);
        if (curve.is_empty()) continue;
        for (const char* metric : {"accuracy", "loss"}) {
            Series series{.name = order.legend,
                          .x = curve.numbers("num_ablated"),
                          .y = curve.numbers(metric),
                          .dash = order.dash,
                          .colour = order.colour};
            if (std::string(order.name) == "random") {
                const std::string column = metric;
                series.low = curve.numbers((column + "_low").c_str());
                series.high = curve.numbers((column + "_high").c_str());
            }
            (std::string(metric) == "accuracy" ? accuracy : loss).series.push_back(series);
        }
        const double half = halved_at(curve);
        if (!std::isnan(half) && *order.words != '\0') {
            halves.push_back(report::readable(half) + " " + order.words);
        }
    }
    figure.title = halves.empty()
                       ? "The " + part + " accuracy is never halved"
                       : "Units removed at half of the " + part + " accuracy: " + lab::join(halves);
    figure.caption =
        "Accuracy and loss with more and more units ablated, " +
        std::string(of_part.where("order", "greedy").is_empty()
                        ? "in the order of their importance. "
                        : "in the order of their importance, against it, in random orders, and on "
                          "the greedy path, which always removes the unit that costs least loss on "
                          "the train pairs. ") +
        "At the right end all units are ablated.";
    figure.alt = "Accuracy falls and loss rises with the number of units removed, per order";
    return figure;
}

std::optional<Figure> ablation_single(const AblationSource& source) {
    const report::TableSlice rows = source.rows("ablation_single.tsv");
    if (rows.is_empty()) return std::nullopt;
    const std::string part = shown_part(rows);
    const report::TableSlice of_part = rows.where("part", part);
    Figure figure;
    figure.stem = "ablation_single";
    figure.subtitle = source.subtitle(rows);
    figure.x = {.label = source.importance()};
    Panel& panel = figure.add_panel(
        {.label = "change of " + part + " cross-entropy (nats)", .scale = Scale::symlog});
    for (const std::string& mode : report::distinct(rows.texts("mode"))) {
        const report::TableSlice of = of_part.where("mode", mode);
        panel.series.push_back({.name = replaced_by(mode),
                                .x = of.numbers("importance"),
                                .y = of.numbers("loss_change"),
                                .mark = lab::Mark::points});
    }
    const report::TableSlice first = of_part.where("mode", first_mode(rows));
    const std::vector<double> loss = first.numbers("loss_change"),
                              accuracy = first.numbers("accuracy_change");
    const double drop = 0 - *std::min_element(accuracy.begin(), accuracy.end());
    figure.title = "No single unit costs more than " +
                   report::readable_short(*std::max_element(loss.begin(), loss.end())) +
                   " nats of " + part + " loss and " + report::readable_short(std::max(drop, 0.0)) +
                   " of accuracy";
    figure.caption =
        "Change of the loss when one unit is ablated, against its importance; the numbers of the "
        "title are those of replacement by " +
        first_mode(rows) +
        ". Points on the zero line cost nothing; below it, the network is "
        "better without the unit. Intervals: ablation_single.tsv.";
    figure.alt = "Points: change of loss against importance, one for each unit and mode";
    return figure;
}

std::optional<Figure> pair_interactions(const AblationSource& source) {
    const report::TableSlice rows = source.rows("ablation_pairs.tsv");
    if (rows.is_empty()) return std::nullopt;
    const std::string part = shown_part(rows);
    const report::TableSlice of = rows.where("part", part);
    // Rows are in the order of rank: (1, 2), (1, 3), .. (2, 3), ..
    std::map<std::string, std::size_t> place;
    const std::vector<std::string> first = of.texts("first"), second = of.texts("second");
    place[first[0]] = 0;
    for (std::size_t i = 0; i < second.size() && first[i] == first[0]; ++i) {
        place[second[i]] = i + 1;
    }
    const std::vector<double> value = of.numbers("loss_interaction");
    const std::size_t count = place.size();
    lab::HeatMap map;
    map.value.assign(count * count, kNaN);
    for (std::size_t i = 0; i < count; ++i) map.x.push_back(static_cast<double>(i + 1));
    map.y = map.x;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const std::size_t row = place[first[i]], column = place[second[i]];
        map.value[row * count + column] = map.value[column * count + row] = value[i];
    }
    const auto positive = static_cast<double>(
        std::count_if(value.begin(), value.end(), [](double v) { return v > 0; }));
    const auto largest = *std::max_element(
        value.begin(), value.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    Figure figure;
    figure.stem = "pair_interactions";
    figure.title =
        "The loss of two units together differs from the sum of both by up to " +
        report::readable_short(std::abs(largest)) + " nats; it is larger for a share of " +
        report::readable_short(positive / static_cast<double>(value.size())) + " of the pairs";
    figure.subtitle = source.subtitle(rows) + ", " + replaced_by(first_mode(rows)) + ", " + part;
    figure.x = {.label = "unit, by rank of importance"};
    Panel& panel = figure.add_panel({.label = "unit, by rank of importance"});
    panel.heat_map = map;
    panel.colours = {.label = "interaction of the loss (nats)", .diverging = true};
    figure.caption =
        "Change of the loss with two units ablated, less the changes of each by itself. Positive: "
        "each stands in for the other; negative: the second costs less once the first is gone; "
        "zero: they act independently.";
    figure.alt = "Heat map of the interaction of the most important units, two by two";
    return figure;
}

std::optional<Figure> ablation_over_time(const AblationSource& source) {
    report::TableSlice rows = report::TableSlice(source.folder / "ablation_summary.tsv");
    for (const report::TableSlice& of : rows.trainings()) {
        if (of.training() == source.training) rows = of;
    }
    if (report::distinct(rows.texts("step")).size() < 3) return std::nullopt;
    const std::string part = std::isnan(rows.at_last_step()
                                            .where("fact", "clean_accuracy")
                                            .where("part", "test")
                                            .first_number("value"))
                                 ? "train"
                                 : "test";
    const report::TableSlice clean = rows.where("fact", "clean_accuracy").where("part", part);
    const std::vector<double> steps = clean.numbers("step"), whole = clean.numbers("value");
    Figure figure;
    figure.stem = "ablation_over_time";
    Panel& accuracy = figure.add_panel({.label = part + " accuracy", .min = 0, .max = 1.02});
    accuracy.series.push_back({.name = "whole network", .x = steps, .y = whole});
    const double units = rows.where("fact", "units").first_number("value");
    std::string mode;
    std::vector<std::string> sizes;
    std::vector<double> last;
    for (const char* set : {"top_5", "top_10"}) {
        const report::TableSlice change =
            rows.where("fact", std::string(set) + "_accuracy_change").where("part", part);
        mode = first_mode(change);
        sizes.push_back(report::readable(std::min(set[4] == '5' ? 5.0 : 10.0, units)));
        Series series{.name = "without the " + sizes.back() + " most important",
                      .x = steps,
                      .y = change.where("mode", mode).numbers("value"),
                      .dash = set[4] == '5' ? Dash::dashed : Dash::dotted};
        for (std::size_t i = 0; i < series.y.size(); ++i) series.y[i] += whole[i];
        last.push_back(series.y.back());
        accuracy.series.push_back(series);
    }
    const report::TableSlice gini = rows.where("fact", "importance_gini");
    figure.add_panel({.label = "Gini of importance", .min = 0})
        .series.push_back(
            {.x = gini.numbers("step"), .y = gini.numbers("value"), .colour = lab::okabe_ito(3)});
    figure.x = report::step_axis(figure);
    figure.title = "Without the " + sizes[0] + " and " + sizes[1] + " most important units, the " +
                   part + " accuracy ends at " + report::readable(last[0]) + " and " +
                   report::readable(last[1]) + " instead of " + report::readable(whole.back());
    figure.subtitle = source.subtitle(rows.at_last_step()) + ", " + replaced_by(mode);
    figure.caption =
        "Accuracy of the whole network and without its most important units, ranked anew at every "
        "checkpoint; below, how unequal the importances are (0: all alike).";
    figure.alt = "Accuracy with and without the most important units against the step";
    return figure;
}

}  // namespace dualtape::analyses
