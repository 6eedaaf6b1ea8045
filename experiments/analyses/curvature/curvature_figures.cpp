#include "experiments/analyses/curvature/curvature_figures.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "experiments/analyses/curvature/pair_words.h"
#include "experiments/report/step_axis.h"

namespace dualtape::analyses {

namespace {

using lab::Dash;
using lab::Figure;
using lab::Mark;
using lab::Panel;
using lab::Scale;
using lab::Series;

constexpr std::size_t kMaxCurves = 4;  // more densities in one panel cannot be told apart
constexpr double kFoot = 1e-6;         // of the highest density: where the picture of one begins

std::vector<double> distinct(const std::vector<double>& values) {
    std::vector<double> all = values;
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

// At most kMaxCurves of them, the first and the last included.
std::vector<double> thinned(std::vector<double> steps) {
    if (steps.size() <= kMaxCurves) return steps;
    std::vector<double> kept;
    for (std::size_t i = 0; i < kMaxCurves; ++i) {
        kept.push_back(steps[i * (steps.size() - 1) / (kMaxCurves - 1)]);
    }
    return kept;
}

// The half-width of the linear zone of a density: some four decades below the largest modulus of
// all steps, and two or more below that of each step shown, as spectra shrink by decades when a
// network generalises.
double linear_zone(const std::map<double, double>& largest, const std::vector<double>& shown) {
    const auto decade = [](double value) { return std::ceil(std::log10(value)); };
    double zone = INFINITY, top = 0;
    for (const auto& [step, modulus] : largest) top = std::max(top, modulus);
    for (const double step : shown) {
        const auto of_step = largest.find(step);
        if (of_step != largest.end())
            zone = std::min(zone, std::pow(10, decade(of_step->second) - 2));
    }
    return std::min(zone, std::pow(10, decade(top) - 4));
}

std::string step_name(double step) { return "step " + lab::format_number(step); }

Figure figure_of(const std::string& stem, const std::string& title, const std::string& group,
                 const std::string& setting, lab::Axis x) {
    Figure figure;
    figure.stem = stem;
    figure.title = title;
    figure.subtitle = setting.empty() ? group : setting + (group.empty() ? "" : ", " + group);
    figure.x = std::move(x);
    return figure;
}

// y +- 2 standard errors, but not below what the quantity can be.
Series with_error(const std::string& name, std::vector<double> x, std::vector<double> y,
                  const std::vector<double>& error, double least = -INFINITY) {
    Series series{.name = name, .x = std::move(x), .y = std::move(y), .mark = Mark::line_points};
    for (std::size_t i = 0; i < series.y.size(); ++i) {
        const double width = std::isnan(error[i]) ? 0 : 2 * error[i];
        series.low.push_back(std::max(series.y[i] - width, least));
        series.high.push_back(series.y[i] + width);
    }
    return series;
}

bool has_numbers(const std::vector<double>& values) {
    return std::any_of(values.begin(), values.end(), [](double v) { return !std::isnan(v); });
}

}  // namespace

std::optional<Figure> density_figure(const std::filesystem::path& folder,
                                     const report::TrainingGroups& density,
                                     const report::TrainingGroups::Group& group,
                                     const std::string& stem, const std::string& setting) {
    const std::vector<double> steps = density.numbers(group, "step");
    const std::vector<double> x = density.numbers(group, "x");
    const std::vector<double> y = density.numbers(group, "density");
    const std::vector<std::string> axis = density.texts(group, "axis");
    const std::vector<double> shown = thinned(distinct(steps));
    double zero = INFINITY, top = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (axis[i] != "signed log") continue;
        if (x[i] != 0) zero = std::min(zero, std::abs(x[i]));
        top = std::max(top, y[i]);
    }
    if (!(top > 0)) return std::nullopt;
    std::map<double, double> largest;  // modulus whose density is in the picture, by step
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (axis[i] != "signed log" || y[i] < top * kFoot) continue;
        largest[steps[i]] = std::max(largest[steps[i]], std::abs(x[i]));
    }
    const double linear = std::max(zero, linear_zone(largest, shown));
    Figure figure =
        figure_of(stem, "Where the eigenvalues lie", group.name, setting,
                  {.label = "eigenvalue", .scale = Scale::symlog, .linear_below = linear});
    Panel& panel = figure.add_panel({.label = "share of eigenvalues per decade",
                                     .scale = Scale::log,
                                     .min = top * kFoot,
                                     .max = top * 3});
    panel.has_ramp = true;
    const report::TrainingGroups nodes(folder / "density_nodes.tsv");
    for (const double step : shown) {
        Series series{.name = step_name(step)};
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (axis[i] != "signed log" || steps[i] != step || std::abs(x[i]) < linear) continue;
            series.x.push_back(x[i]);
            series.y.push_back(y[i]);
        }
        if (!series.x.empty()) panel.series.push_back(std::move(series));
    }
    bool has_quadrature = false;
    Series exact{.name = "single eigenpairs, last step", .mark = Mark::points, .colour = "#D55E00"};
    const double last = *std::max_element(steps.begin(), steps.end());
    for (const report::TrainingGroups::Group& of : nodes.groups()) {
        if (of.name != group.name) continue;
        const auto step = nodes.numbers(of, "step"), node = nodes.numbers(of, "node");
        const auto probe = nodes.texts(of, "probe");
        for (std::size_t i = 0; i < node.size(); ++i) {
            has_quadrature |= probe[i] != "exact";
            if (probe[i] != "exact" || step[i] != last) continue;
            exact.x.push_back(node[i]);
            exact.y.push_back(2 * top * kFoot);
        }
    }
    if (!exact.x.empty()) panel.series.push_back(std::move(exact));
    figure.caption =
        std::string(has_quadrature ? "Density of the spectrum by stochastic Lanczos quadrature"
                                   : "Density of all eigenvalues, from the whole matrix") +
        ", on an axis that is logarithmic on both sides of zero. What lies in the linear zone "
        "around zero is left out of the curves. ";
    figure.caption +=
        has_quadrature
            ? "Converged eigenpairs are taken out and marked at the foot. Peaks apart from each "
              "other are single nodes of the quadrature, which stand for many eigenvalues near "
              "them. "
            : "Single eigenvalues are marked at the foot. ";
    figure.caption += "Counts and raw nodes: counts.tsv, density_nodes.tsv.";
    figure.alt = "Curves of the eigenvalue density of " + group.name;
    return figure;
}

Figure counts_figure(const report::TrainingGroups& counts,
                     const report::TrainingGroups::Group& group, const std::string& stem,
                     const std::string& setting) {
    const auto steps = counts.numbers(group, "step"), x = counts.numbers(group, "x");
    const auto count = counts.numbers(group, "count"), error = counts.numbers(group, "count_error");
    Figure figure = figure_of(stem, "How many eigenvalues lie above x", group.name, setting,
                              {.label = "eigenvalue x", .scale = Scale::log});
    Panel& panel =
        figure.add_panel({.label = "eigenvalues above x", .scale = Scale::log, .min = 0.5});
    panel.has_ramp = true;
    for (const double step : thinned(distinct(steps))) {
        Series series{.name = step_name(step)};
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (steps[i] != step || x[i] <= 0) continue;
            const double width = std::isnan(error[i]) ? 0 : 2 * error[i];
            series.x.push_back(x[i]);
            series.y.push_back(count[i]);
            series.low.push_back(std::max(count[i] - width, 0.0));
            series.high.push_back(count[i] + width);
        }
        // A count falls with x, so a bound at one x holds on one side of it as well.
        for (std::size_t i = 1; i < series.x.size(); ++i) {
            const std::size_t j = series.x.size() - 1 - i;
            series.high[i] = std::min(series.high[i], series.high[i - 1]);
            series.low[j] = std::max(series.low[j], series.low[j + 1]);
        }
        panel.series.push_back(std::move(series));
    }
    const bool is_exact =
        std::all_of(error.begin(), error.end(), [](double e) { return !(e > 0); });
    figure.caption = is_exact ? "Number of eigenvalues above x, from the whole matrix."
                              : "Estimated number of eigenvalues above x, free of any smoothing; "
                                "bands are twice the error, which has two parts: the standard "
                                "error over the random vectors, and the resolution of the "
                                "quadrature, a bound of what it does not tell apart around x. They "
                                "are narrower where the count next to it says more.";
    figure.alt = "Falling curves of the number of eigenvalues above a threshold";
    return figure;
}

Figure ends_figure(const report::TrainingGroups& eigenvalues,
                   const report::TrainingGroups::Group& group, const std::string& stem,
                   const std::string& setting) {
    const std::vector<PairState> pairs = pair_states(eigenvalues.table(), group.rows);
    const PairCounts counts = count_pairs(eigenvalues.table(), group.rows);
    const char* title = counts.smallest.pairs == 0  ? "The largest eigenvalues"
                        : counts.largest.pairs == 0 ? "The smallest eigenvalues"
                                                    : "Both ends of the spectrum";
    Figure figure = figure_of(stem, title, group.name, setting, {});
    Panel& panel = figure.add_panel({.label = "eigenvalue", .scale = Scale::symlog});
    Series open{.name = "sign certain alone", .mark = Mark::points, .colour = lab::kGrey};
    for (const bool is_top : {true, false}) {
        for (const double rank : distinct(eigenvalues.numbers(group, "rank"))) {
            Series series{.name = is_top ? "largest" : "smallest",
                          .mark = Mark::line_points,
                          .colour = is_top ? "#0072B2" : "#D55E00"};
            for (const PairState& pair : pairs) {
                if (pair.is_top != is_top || pair.rank != rank) continue;
                const bool is_shown = pair.is_converged || pair.is_sign_certain;
                series.x.push_back(pair.step);
                series.y.push_back(is_shown ? pair.value : std::nan(""));
                if (is_shown && !pair.is_converged) {
                    open.x.push_back(pair.step);
                    open.y.push_back(pair.value);
                }
            }
            if (has_numbers(series.y)) panel.series.push_back(std::move(series));
        }
    }
    if (!open.x.empty()) panel.series.push_back(std::move(open));
    figure.x = report::step_axis(figure);
    const bool has_top = counts.largest.pairs > 0, has_bottom = counts.smallest.pairs > 0;
    figure.caption = std::string("Algebraically ") + (has_top ? "largest" : "") +
                     (has_top && has_bottom ? " and " : "") + (has_bottom ? "smallest" : "") +
                     " eigenvalues at the checkpoints. Over all of them, " + in_words(counts) +
                     ". Values of unknown sign are left out; error bounds: eigenvalues.tsv.";
    figure.alt = "Lines of the extreme eigenvalues against the step";
    return figure;
}

Figure layers_figure(const report::TrainingGroups& layers,
                     const report::TrainingGroups::Group& group, const std::string& stem,
                     const std::string& setting) {
    const auto steps = layers.numbers(group, "step");
    const auto value = layers.numbers(group, "lambda_max");
    const auto trace = layers.numbers(group, "trace"), error = layers.numbers(group, "trace_error");
    const auto name = layers.texts(group, "layer");
    Figure figure = figure_of(stem, "Curvature of every layer by itself", group.name, setting, {});
    Panel& top = figure.add_panel({.label = "largest eigenvalue", .scale = Scale::log});
    Panel& sum = figure.add_panel({.label = "trace", .scale = Scale::log});
    top.has_ramp = sum.has_ramp = true;
    std::vector<std::string> names;
    for (const std::string& layer : name) {
        if (std::find(names.begin(), names.end(), layer) == names.end()) names.push_back(layer);
    }
    for (const std::string& layer : names) {
        Series series{.name = layer, .mark = Mark::line_points};
        std::vector<double> traces, errors;
        for (std::size_t i = 0; i < name.size(); ++i) {
            if (name[i] != layer) continue;
            series.x.push_back(steps[i]);
            series.y.push_back(value[i]);
            traces.push_back(trace[i]);
            errors.push_back(error[i]);
        }
        sum.series.push_back(with_error(layer, series.x, traces, errors));
        top.series.push_back(std::move(series));
    }
    figure.x = report::step_axis(figure);
    figure.caption =
        "Largest eigenvalue and trace of the diagonal block of the Hessian that belongs to each "
        "layer, weights and bias; bands are two standard errors.";
    figure.alt = "Lines per layer against the step";
    return figure;
}

Figure trace_figure(const report::TrainingGroups& curvature,
                    const report::TrainingGroups::Group& group, const std::string& stem,
                    const std::string& setting) {
    const auto steps = curvature.numbers(group, "step");
    Figure figure =
        figure_of(stem, "The Hessian beside its Gauss-Newton part", group.name, setting, {});
    Panel& top = figure.add_panel({.label = "largest eigenvalue", .scale = Scale::symlog});
    top.series.push_back({.name = "Hessian",
                          .x = steps,
                          .y = curvature.numbers(group, "lambda_max"),
                          .mark = Mark::line_points});
    const auto ggn = curvature.numbers(group, "ggn_lambda_max");
    if (has_numbers(ggn)) {
        top.series.push_back({.name = "Gauss-Newton",
                              .x = steps,
                              .y = ggn,
                              .mark = Mark::line_points,
                              .dash = Dash::dashed});
    }
    const auto trace = curvature.numbers(group, "trace");
    if (has_numbers(trace)) {
        Panel& sum = figure.add_panel({.label = "trace", .scale = Scale::symlog});
        sum.series.push_back(
            with_error("Hessian", steps, trace, curvature.numbers(group, "trace_error")));
        const auto ggn_trace = curvature.numbers(group, "ggn_trace");
        if (has_numbers(ggn_trace)) {
            // Positive semidefinite, unlike the Hessian.
            Series series = with_error("Gauss-Newton", steps, ggn_trace,
                                       curvature.numbers(group, "ggn_trace_error"), 0);
            series.dash = Dash::dashed;
            sum.series.push_back(std::move(series));
        }
    }
    figure.x = report::step_axis(figure);
    figure.caption =
        "Where both lines of a panel meet, the loss curves through the network's output alone; "
        "bands are two standard errors of the trace.";
    figure.alt = "Largest eigenvalue and trace of the Hessian and of Gauss-Newton against the step";
    return figure;
}

Figure stability_figure(const report::TrainingGroups& curvature,
                        const report::TrainingGroups::Group& group, const std::string& stem,
                        const std::string& setting) {
    const auto steps = curvature.numbers(group, "step");
    const auto scaled = curvature.numbers(group, "preconditioned_lambda_max");
    Figure figure =
        figure_of(stem, "Sharpness against the edge of stability", group.name, setting, {});
    const auto add = [&](const char* label, const char* column, const char* threshold,
                         const char* threshold_label) {
        Panel& panel = figure.add_panel({.label = label, .scale = Scale::log});
        panel.series.push_back({.name = label,
                                .x = steps,
                                .y = curvature.numbers(group, column),
                                .mark = Mark::line_points});
        for (const double at : curvature.numbers(group, threshold)) {
            if (std::isnan(at)) continue;
            panel.references.push_back({.at = at, .label = threshold_label, .dash = Dash::dashed});
            break;
        }
    };
    add("largest eigenvalue", "lambda_max", "descent_threshold", "threshold of gradient descent");
    if (has_numbers(scaled)) {
        add("preconditioned sharpness", "preconditioned_lambda_max", "preconditioned_threshold",
            "threshold of Adam");
    }
    figure.x = report::step_axis(figure);
    figure.caption =
        "Above its line a full-batch step of that optimiser grows along the leading eigenvector of "
        "a quadratic. That of gradient descent is 2/η at the learning rate η, 2 (1 + momentum)/η "
        "with momentum, and is drawn for comparison where Adam has trained.";
    figure.alt = "Largest eigenvalue against the step, with horizontal thresholds";
    return figure;
}

}  // namespace dualtape::analyses
