// Sharpness by step and by depth, both ends of the spectrum, and how the leading direction turns.

#include <algorithm>
#include <cmath>

#include "engine/curvature/edge_of_stability.h"
#include "experiments/analyses/curvature/pair_words.h"
#include "experiments/grokking_hessian/figure_source.h"
#include "experiments/report/decisions.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::grokking_hessian {

namespace {

using lab::Dash;
using lab::Figure;
using lab::Panel;
using lab::Reference;
using lab::Scale;
using lab::Series;

// A figure of the visits.
Figure figure_of(const FigureSource& source, std::string stem, std::string alt) {
    Figure figure;
    figure.stem = std::move(stem);
    figure.subtitle = source.setting();
    figure.alt = std::move(alt);
    figure.x = {.label = source.by_index ? "checkpoint" : "step"};
    return figure;
}

// Whether sharpness peaks at a visit before the network groks, the next visit included, and then
// collapses.
bool collapses(const FigureSource& source, std::int64_t depth) {
    const auto median = [&](const char* quantity) {
        return source.by_depth.median(quantity, depth);
    };
    const auto of_seeds = source.curvature.over_seeds("step", depth);
    if (of_seeds.empty()) return false;
    const std::vector<double>& visits = of_seeds[0];
    const auto after = std::upper_bound(visits.begin(), visits.end(), median("step_of_peak"));
    return source.by_depth.is_reached("t_grok", depth) && after != visits.end() &&
           *after <= median("t_grok") &&
           median("lambda_max_final") < report::kCollapsed * median("lambda_max_peak");
}

std::string sharpness_title(const FigureSource& source) {
    const auto with = [&](report::Change change) {
        return source.depths_where([&](std::int64_t depth) {
            return report::change_of(source.summary.first("lambda_max_initial", depth),
                                     source.summary.first("lambda_max_final", depth)) == change;
        });
    };
    const auto collapsed =
        source.depths_where([&](std::int64_t depth) { return collapses(source, depth); });
    const auto risen = with(report::Change::rises), fallen = with(report::Change::falls);
    const std::size_t all = source.depths().size();
    if (collapsed.size() == all) return "Sharpness peaks before each network groks, then collapses";
    if (risen.size() == all) return "Sharpness ends above its start at every depth";
    if (fallen.size() == all) return "Sharpness ends below its start at every depth";
    if (with(report::Change::stays).size() == all)
        return "Sharpness ends near its start at every depth";
    if (risen.empty() && fallen.empty()) return "Sharpness over the training at every depth";
    if (risen.empty()) return "Sharpness ends below its start at " + report::depth_listing(fallen);
    return "Sharpness ends above its start at " + report::depth_listing(risen) +
           (fallen.empty() ? "" : ", below it at " + report::depth_listing(fallen));
}

// Where a full-batch step of gradient descent begins to grow.
Reference stability_limit(const report::RunSettings& settings) {
    const double rate = settings.number("optimiser", "learning_rate");
    const bool has_momentum = settings.text("optimiser", "optimiser") == "sgd" &&
                              settings.number("optimiser", "momentum") > 0;
    Reference limit{.at = curvature::gradient_descent_threshold(rate),
                    .label = "2 / learning rate",
                    .dash = Dash::dashed};
    if (has_momentum) {
        const double momentum = settings.number("optimiser", "momentum");
        limit.at = curvature::heavy_ball_threshold(rate, momentum);
        limit.label = "2 (1 + momentum) / learning rate";
    }
    return limit;
}

bool is_positive(const report::SeedTable& table, const char* column) {
    for (const std::int64_t depth : table.depths()) {
        for (const auto& curve : table.over_seeds(column, depth)) {
            if (std::any_of(curve.begin(), curve.end(), [](double y) { return y <= 0; })) {
                return false;
            }
        }
    }
    return true;
}

// One rank of one end over the visits: medians over seeds.
struct Rank {
    std::vector<double> step, value;
    std::vector<bool> has_converged;  // at all seeds
};

// The ranks of an end, the outermost first. A visit at which the sign of any seed's value is
// unknown is NaN: it has no place on a signed axis.
std::vector<Rank> ranks_of(const std::vector<analyses::PairState>& pairs, bool is_top) {
    std::vector<double> steps;
    std::vector<std::vector<std::vector<double>>> values;  // [rank][visit][seed]
    std::vector<Rank> ranks;
    for (const analyses::PairState& pair : pairs) {
        if (pair.is_top != is_top) continue;
        const auto r = static_cast<std::size_t>(pair.rank) - 1;
        const auto visit = static_cast<std::size_t>(
            std::find(steps.begin(), steps.end(), pair.step) - steps.begin());
        if (visit == steps.size()) steps.push_back(pair.step);
        if (values.size() <= r) {
            values.resize(r + 1);
            ranks.resize(r + 1);
        }
        if (values[r].size() <= visit) {
            values[r].resize(visit + 1);
            ranks[r].has_converged.resize(visit + 1, true);
        }
        values[r][visit].push_back(pair.is_sign_certain || pair.is_converged ? pair.value
                                                                             : std::nan(""));
        if (!pair.is_converged) ranks[r].has_converged[visit] = false;
    }
    for (std::size_t r = 0; r < ranks.size(); ++r) {
        ranks[r].step.assign(steps.begin(), steps.begin() + std::ssize(values[r]));
        for (const auto& of_seeds : values[r])
            ranks[r].value.push_back(statistics::median(of_seeds));
    }
    return ranks;
}

std::string spectrum_title(const FigureSource& source, std::int64_t depth,
                           const std::vector<Rank>& smallest) {
    const double least = smallest.empty() ? std::nan("") : smallest[0].value.back();
    if (!(least < 0)) return "No negative curvature is resolved at the end of training";
    const double share = -least / source.by_depth.median("lambda_max_final", depth);
    if (!(share > 0)) return "Negative curvature remains at the last visit";
    // No Ritz value lies beyond the spectrum.
    const char* bound = smallest[0].has_converged.back() ? "" : "at least ";
    return std::string("Negative curvature remains at the end: ") + bound +
           report::readable_short(100 * share) + " % of the sharpness";
}

// |<v_t, v_u>| of all pairs of visits, row by row; medians over these seeds.
std::vector<double> overlaps_of(const FigureSource& source, std::int64_t depth,
                                const std::vector<double>& steps,
                                const std::vector<std::int64_t>& seeds) {
    const std::size_t size = steps.size();
    std::vector<std::vector<double>> cells(size * size);
    const auto place = [&](double step) {
        return static_cast<std::size_t>(std::find(steps.begin(), steps.end(), step) -
                                        steps.begin());
    };
    for (const std::int64_t seed : seeds) {
        const auto here = source.overlap.numbers("step", depth, seed);
        const auto there = source.overlap.numbers("other_step", depth, seed);
        const auto value = source.overlap.numbers("overlap", depth, seed);
        for (std::size_t i = 0; i < here.size(); ++i) {
            const std::size_t a = place(here[i]), b = place(there[i]);
            if (a >= size || b >= size) continue;
            cells[a * size + b].push_back(value[i]);
            if (a != b) cells[b * size + a].push_back(value[i]);
        }
    }
    std::vector<double> medians;
    for (const auto& cell : cells) medians.push_back(statistics::median(cell));
    return medians;
}

// medians: of the overlaps over all seeds.
std::string overlap_title(const FigureSource& source, std::int64_t depth,
                          const std::vector<double>& steps, const std::vector<double>& medians) {
    const std::size_t size = steps.size();
    const std::vector<std::int64_t>& seeds = source.overlap.seeds();
    if (size < 2 || seeds.empty()) return "There is one visit: no overlap to show";
    std::size_t settled = 0, turning = 0;
    for (const std::int64_t seed : seeds) {
        const report::Settling of =
            report::settling_of(overlaps_of(source, depth, steps, {seed}), size);
        settled += of == report::Settling::settled ? 1 : 0;
        turning += of == report::Settling::turning ? 1 : 0;
    }
    const std::string late = "overlap " + report::readable_short(medians[size * size - 2]) +
                             " between the last two visits";
    if (settled == seeds.size()) {
        return "The leading direction has settled over the last " +
               std::to_string(report::kSettledVisits) + " visits: " + late;
    }
    if (turning == seeds.size()) return "The leading direction keeps turning: " + late;
    if (settled + turning < seeds.size()) return "The leading direction: " + late;
    return "The leading direction has settled in " + std::to_string(settled) + " of " +
           std::to_string(seeds.size()) + " seeds: " + late;
}

}  // namespace

Figure sharpness_by_step(const FigureSource& source) {
    Figure figure =
        figure_of(source, "hessian_vs_depth", "Sharpness over training, one line for each depth.");
    figure.title = sharpness_title(source);
    figure.caption =
        "Largest eigenvalue of the Hessian of the full train loss, by Lanczos in double precision. "
        "Dashed: the stability limit of gradient descent, with its momentum if there is any; "
        "adaptive optimisers may cross it.";
    const Scale scale = is_positive(source.curvature, "lambda_max") ? Scale::log : Scale::symlog;
    Panel& panel = figure.add_panel({.label = "largest eigenvalue", .scale = scale});
    for (const std::int64_t depth : source.curvature.depths()) {
        Series series = line_of(source, source.curvature, "lambda_max", depth);
        series.x = source.positions(series.x);
        series.mark = lab::Mark::line_points;
        panel.series.push_back(std::move(series));
    }
    mark_grokking(source, figure, Against::visit);
    figure.caption += source.band_note();
    panel.references.push_back(stability_limit(source.settings));
    return figure;
}

Figure sharpness_by_depth(const FigureSource& source) {
    Figure figure =
        figure_of(source, "sharpness_vs_depth",
                  "Sharpness against depth at the start, at grokking and at the end of training.");
    const auto& depths = source.depths();
    const auto order = [&](const char* quantity) {
        return report::order_in_words(source.by_depth.estimates(quantity, depths), "depth");
    };
    const std::string start = order("lambda_max_initial"), end = order("lambda_max_final");
    figure.title = depths.size() == 1 ? "Sharpness at the start and at the end"
                   : start == end     ? "Sharpness " + start + " at the start and at the end"
                                  : "Sharpness " + start + " at the start, " + end + " at the end";
    figure.caption =
        "Largest Hessian eigenvalue at step 0, at the last step, and at the first visit at or "
        "after "
        "the log from which the network keeps 0.9 test accuracy, over the seeds that do." +
        std::string(source.is_one_seed() ? " One seed."
                                         : " Medians over " + source.seeds() + "; bars: " +
                                               report::interval_name(static_cast<double>(
                                                   source.metrics.seeds().size())) +
                                               ".");
    figure.x.label = "hidden layers";
    for (const std::int64_t depth : depths) {
        figure.x.ticks.push_back({static_cast<double>(depth), std::to_string(depth)});
    }
    figure.x.min = static_cast<double>(*std::min_element(depths.begin(), depths.end())) - 0.5;
    figure.x.max = static_cast<double>(*std::max_element(depths.begin(), depths.end())) + 0.5;
    Panel& panel = figure.add_panel({.label = "largest eigenvalue", .scale = Scale::log});
    // Colours that a few depths do not have in the other figures.
    int colour = 3;
    for (const auto& [quantity, name] :
         {std::pair{"lambda_max_initial", "step 0"}, std::pair{"lambda_max_grok", "after grokking"},
          std::pair{"lambda_max_final", "last step"}}) {
        Series series;
        series.name = name;
        series.colour = lab::okabe_ito(colour++);
        series.mark = lab::Mark::line_points;
        series.spread = lab::Spread::bars;
        for (const std::int64_t depth : depths) {
            const report::Estimate estimate = source.by_depth.estimate(quantity, depth);
            if (estimate.seeds == 0) continue;
            const bool has_interval = !std::isnan(estimate.low);
            series.x.push_back(static_cast<double>(depth));
            series.y.push_back(estimate.median);
            series.low.push_back(has_interval ? estimate.low : estimate.median);
            series.high.push_back(has_interval ? estimate.high : estimate.median);
        }
        if (series.x.empty()) continue;
        if (source.is_one_seed()) {
            series.low.clear();
            series.high.clear();
        }
        panel.series.push_back(std::move(series));
    }
    return figure;
}

Figure spectrum_ends(const FigureSource& source, std::int64_t depth) {
    Figure figure =
        figure_of(source, "hessian_spectrum_depth" + std::to_string(depth),
                  "Largest and smallest eigenvalues over training at " + name_of(depth) + ".");
    figure.subtitle = name_of(depth) + "; " + figure.subtitle;
    Panel& panel = figure.add_panel({.label = "eigenvalue", .scale = Scale::symlog});
    Series open{.name = "sign certain alone", .mark = lab::Mark::points, .colour = lab::kGrey};
    const auto add_end = [&](const std::vector<Rank>& ranks, const char* end, int colour,
                             Dash dash) {
        for (const Rank& rank : ranks) {
            Series series;
            series.name = end + (" " + std::to_string(ranks.size()));
            series.x = source.positions(rank.step);
            series.y = rank.value;
            series.mark = lab::Mark::line_points;
            series.colour = lab::okabe_ito(colour);
            series.dash = dash;
            for (std::size_t i = 0; i < series.y.size(); ++i) {
                if (rank.has_converged[i] || std::isnan(series.y[i])) continue;
                open.x.push_back(series.x[i]);
                open.y.push_back(series.y[i]);
            }
            panel.series.push_back(std::move(series));
        }
    };
    const std::vector<std::size_t> rows =
        analyses::rows_where(source.eigenvalues.table(), "depth", static_cast<double>(depth));
    const std::vector<analyses::PairState> pairs =
        analyses::pair_states(source.eigenvalues.table(), rows);
    const std::vector<Rank> smallest = ranks_of(pairs, false);
    add_end(ranks_of(pairs, true), "largest", 0, Dash::solid);
    add_end(smallest, "smallest", 1, Dash::dashed);
    if (!open.x.empty()) panel.series.push_back(std::move(open));
    if (source.by_depth.is_reached("t_grok", depth)) {
        panel.references.push_back(
            {.kind = Reference::Kind::vertical,
             .at = place_among_visits(source, depth, source.by_depth.median("t_grok", depth)),
             .label = "0.9 test accuracy"});
    }
    double products = 0;
    for (const std::int64_t seed : source.curvature.seeds()) {
        for (const double x : source.curvature.numbers("products", depth, seed)) products += x;
    }
    figure.title = spectrum_title(source, depth, smallest);
    figure.caption =
        "Both ends of the Hessian spectrum of the train loss. The axis is linear in the grey zone "
        "and logarithmic beyond. Over all visits, " +
        analyses::in_words(analyses::count_pairs(source.eigenvalues.table(), rows)) +
        ". Values of unknown sign are left out. Hessian-vector products used: " +
        report::readable(products) + "." +
        (source.is_one_seed() ? " One seed." : " Medians over " + source.seeds() + ".");
    return figure;
}

Figure eigenvector_overlap(const FigureSource& source, std::int64_t depth) {
    Figure figure =
        figure_of(source, "eigvec_overlap_depth" + std::to_string(depth),
                  "Heat map of overlaps of leading eigenvectors at " + name_of(depth) + ".");
    figure.subtitle = name_of(depth) + "; " + figure.subtitle;
    Panel& panel = figure.add_panel({.label = figure.x.label + " u"});
    figure.x.label += " t";
    const std::vector<double> steps = source.curvature.over_seeds("step", depth)[0];
    const std::vector<double> axis = source.positions(steps);
    const std::vector<double> medians = overlaps_of(source, depth, steps, source.overlap.seeds());
    panel.heat_map = {.x = axis, .y = axis, .value = medians};
    panel.colours = {.label = "|⟨v_{t}, v_{u}⟩|", .min = 0, .max = 1};
    figure.title = overlap_title(source, depth, steps, medians);
    figure.caption =
        "Overlap of the eigenvectors of the largest eigenvalue at two visits; one is the same "
        "direction. A value near zero between neighbours means that another direction has become "
        "the sharpest. Settled: all of the last " +
        std::to_string(report::kSettledVisits) + " visits overlap by " +
        report::readable(report::kSettledOverlap) + " or more." +
        std::string(source.is_one_seed() ? " One seed." : " Medians over " + source.seeds() + ".");
    return figure;
}

}  // namespace dualtape::grokking_hessian
