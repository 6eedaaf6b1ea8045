#include "experiments/grokking_hessian/figure_source.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "experiments/statistics/statistics.h"

namespace dualtape::grokking_hessian {

FigureSource::FigureSource(const std::filesystem::path& folder)
    : settings(folder),
      metrics(folder / "metrics.tsv"),
      curvature(folder / "curvature.tsv"),
      overlap(folder / "overlap.tsv"),
      summary(folder / "summary.tsv"),
      eigenvalues(folder / "eigenvalues.tsv"),
      by_depth(folder),
      by_index(settings.text("figures", "x_axis") == "index") {}

std::vector<std::int64_t> FigureSource::depths_where(
    const std::function<bool(std::int64_t)>& holds) const {
    std::vector<std::int64_t> found;
    std::copy_if(depths().begin(), depths().end(), std::back_inserter(found), holds);
    return found;
}

std::string FigureSource::seeds() const {
    return is_one_seed() ? "one seed" : std::to_string(metrics.seeds().size()) + " seeds";
}

std::string FigureSource::setting() const {
    const auto number = [&](const char* section, const char* key) {
        return report::readable(settings.number(section, key));
    };
    std::string text = report::in_words(settings.text("task", "operation")) + " mod " +
                       number("task", "p") + ", " +
                       report::in_words(settings.text("model", "input")) + ", train share " +
                       number("task", "train_fraction") + ", width " + number("model", "width") +
                       ", " + report::in_words(settings.text("optimiser", "optimiser"));
    if (settings.number("optimiser", "weight_decay") > 0) {
        text += " with weight decay " + number("optimiser", "weight_decay");
    }
    return text + ", " + seeds();
}

std::string FigureSource::band_note() const {
    return is_one_seed()
               ? " One seed."
               : " Lines are medians over " + seeds() + ", bands their " +
                     report::interval_name(static_cast<double>(metrics.seeds().size())) + ".";
}

std::string FigureSource::colour(std::int64_t depth) const {
    const auto place = std::find(depths().begin(), depths().end(), depth) - depths().begin();
    if (depths().size() <= 6) return lab::okabe_ito(static_cast<int>(place));
    return lab::ramp(0.9 * static_cast<double>(place) / static_cast<double>(depths().size() - 1));
}

std::vector<double> FigureSource::positions(std::vector<double> steps) const {
    if (by_index) std::iota(steps.begin(), steps.end(), 0.0);
    return steps;
}

std::string name_of(std::int64_t depth) { return "depth " + std::to_string(depth); }

lab::Series line_of(const FigureSource& source, const report::SeedTable& table, const char* column,
                    std::int64_t depth) {
    lab::Series series;
    const auto steps = table.over_seeds("step", depth);
    if (steps.empty()) return series;
    const statistics::Band band = statistics::median_band(table.over_seeds(column, depth));
    series.name = name_of(depth);
    series.x = steps[0];
    series.y = band.middle;
    if (!source.is_one_seed()) {
        series.low = band.low;
        series.high = band.high;
    }
    series.colour = source.colour(depth);
    return series;
}

double place_among_visits(const FigureSource& source, std::int64_t depth, double step) {
    if (!source.by_index) return step;
    const std::vector<double> steps = source.curvature.over_seeds("step", depth)[0];
    for (std::size_t i = 1; i < steps.size(); ++i) {
        if (steps[i] >= step) {
            return static_cast<double>(i) - (steps[i] - step) / (steps[i] - steps[i - 1]);
        }
    }
    return static_cast<double>(steps.size() - 1);
}

void mark_grokking(const FigureSource& source, lab::Figure& figure, Against axis) {
    const auto grokked = source.depths_where(
        [&](std::int64_t depth) { return source.by_depth.is_reached("t_grok", depth); });
    if (grokked.empty()) return;
    figure.subtitle = "dotted: 0.9 test accuracy; " + figure.subtitle;
    figure.caption +=
        " Dotted verticals: the first log from which 0.9 test accuracy is kept for three logs, in "
        "the colour of the depth.";
    for (const std::int64_t depth : grokked) {
        const double step = source.by_depth.median("t_grok", depth);
        figure.panels[0].references.push_back(
            {.kind = lab::Reference::Kind::vertical,
             .at = axis == Against::step ? step : place_among_visits(source, depth, step),
             .label = "",
             .dash = lab::Dash::dotted,
             .colour = source.colour(depth)});
    }
}

}  // namespace dualtape::grokking_hessian
