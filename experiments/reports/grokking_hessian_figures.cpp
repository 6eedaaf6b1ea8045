// Figures of the experiment grokking_hessian.

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "experiments/analysis/statistics.h"
#include "experiments/reports/grokking_hessian.h"
#include "experiments/reports/run_tables.h"

namespace dualtape::reports {

namespace {

namespace fs = std::filesystem;
using lab::Axis;
using lab::Dash;
using lab::Figure;
using lab::Panel;
using lab::Reference;
using lab::Scale;
using lab::Series;

// Everything the figures are drawn from.
struct Source {
    explicit Source(const fs::path& folder)
        : settings(folder),
          metrics(folder / "metrics.tsv"),
          curvature(folder / "curvature.tsv"),
          eigenvalues(folder / "eigenvalues.tsv"),
          overlap(folder / "overlap.tsv"),
          summary(folder / "summary.tsv") {}

    std::size_t num_seeds() const { return metrics.seeds().size(); }
    std::string seeds() const {
        return num_seeds() == 1 ? "one seed" : std::to_string(num_seeds()) + " seeds";
    }
    // "(a + b) mod 97, raw inputs, 10 % of the pairs, adamw, one seed"
    std::string setting() const {
        const std::string p = readable(settings.number("task", "p"));
        std::string task = settings.text("task", "operation") + " mod " + p;
        if (settings.text("task", "operation") == "add") task = "(a + b) mod " + p;
        const std::string input = settings.text("model", "input");
        const std::string shown = input == "raw"       ? "two integer inputs"
                                  : input == "one_hot" ? "two one-hots"
                                                       : "embedded inputs";
        return task + ", " + shown + ", train share " +
               readable(settings.number("task", "train_fraction")) + ", width " +
               readable(settings.number("model", "width")) + ", " +
               settings.text("optimiser", "optimiser") + ", " + seeds();
    }
    std::string band_note() const {
        return num_seeds() == 1 ? " One seed."
                                : " Lines are medians over " + seeds() +
                                      ", bands are 95 % bootstrap intervals of the median.";
    }
    // The median of a time over seeds; +inf when censored.
    double time(const char* quantity, std::int64_t depth) const {
        std::vector<double> values = summary.first(quantity, depth);
        for (double& value : values) {
            if (std::isnan(value)) value = std::numeric_limits<double>::infinity();
        }
        return analysis::median(values);
    }

    RunSettings settings;
    SeedTable metrics, curvature, eigenvalues, overlap, summary;
};

std::string name_of(std::int64_t depth) { return "depth " + std::to_string(depth); }

std::string depth_list(const std::vector<std::int64_t>& depths) {
    std::string text = depths.size() == 1 ? "depth " : "depths ";
    for (std::size_t i = 0; i < depths.size(); ++i) {
        text += (i == 0 ? "" : i + 1 == depths.size() ? " and " : ", ") + std::to_string(depths[i]);
    }
    return text;
}

std::vector<std::int64_t> depths_where(const Source& source,
                                       const std::function<bool(std::int64_t)>& holds) {
    std::vector<std::int64_t> found;
    for (const std::int64_t depth : source.summary.depths()) {
        if (holds(depth)) found.push_back(depth);
    }
    return found;
}

std::string colour_of(const Source& source, std::int64_t depth) {
    const auto& depths = source.summary.depths();
    const auto place = std::find(depths.begin(), depths.end(), depth) - depths.begin();
    if (depths.size() <= 6) return lab::okabe_ito(static_cast<int>(place));
    return lab::ramp(0.9 * static_cast<double>(place) / static_cast<double>(depths.size() - 1));
}

// Steps, or 0, 1, 2, ... for an axis of checkpoints.
std::vector<double> positions(std::vector<double> steps, bool by_index) {
    if (by_index) std::iota(steps.begin(), steps.end(), 0.0);
    return steps;
}

// A column of one depth: median and band over seeds.
Series series_of(const Source& source, const SeedTable& table, const char* column,
                 std::int64_t depth, bool by_index = false) {
    Series series;
    const auto steps = table.over_seeds("step", depth);
    if (steps.empty()) return series;
    const analysis::Band band = analysis::median_band(table.over_seeds(column, depth));
    series.name = name_of(depth);
    series.x = positions(steps[0], by_index);
    series.x.resize(std::min(series.x.size(), band.middle.size()));
    series.y = band.middle;
    if (source.num_seeds() > 1) {
        series.low = band.low;
        series.high = band.high;
    }
    series.colour = colour_of(source, depth);
    return series;
}

// Where a step lies on an axis of checkpoints, between two of them.
double position_of(const Source& source, std::int64_t depth, double step, bool by_index) {
    if (!by_index) return step;
    const std::vector<double> steps = source.curvature.over_seeds("step", depth)[0];
    for (std::size_t i = 1; i < steps.size(); ++i) {
        if (steps[i] >= step) {
            return static_cast<double>(i) - (steps[i] - step) / (steps[i] - steps[i - 1]);
        }
    }
    return step;
}

Axis step_axis(bool by_index) { return {.label = by_index ? "checkpoint" : "step"}; }

// A dotted line where each depth groks.
void mark_grokking(const Source& source, Panel& panel, bool by_index) {
    for (const std::int64_t depth : source.summary.depths()) {
        const double step = source.time("t_grok", depth);
        if (!std::isfinite(step)) continue;
        panel.references.push_back({.kind = Reference::Kind::vertical,
                                    .at = position_of(source, depth, step, by_index),
                                    .label = "",
                                    .dash = Dash::dotted,
                                    .colour = colour_of(source, depth)});
    }
}

bool is_positive(const SeedTable& table, const char* column) {
    for (const std::int64_t depth : table.depths()) {
        for (const auto& curve : table.over_seeds(column, depth)) {
            if (std::any_of(curve.begin(), curve.end(), [](double y) { return y <= 0; })) {
                return false;
            }
        }
    }
    return true;
}

Figure hessian_vs_depth(const Source& source, bool by_index) {
    Figure figure;
    figure.stem = "hessian_vs_depth";
    const auto grown = depths_where(source, [&](std::int64_t depth) {
        return analysis::median(source.summary.first("lambda_max_final", depth)) >
               analysis::median(source.summary.first("lambda_max_initial", depth));
    });
    const auto collapsed = depths_where(source, [&](std::int64_t depth) {
        return source.time("step_of_peak", depth) < source.time("t_grok", depth) &&
               std::isfinite(source.time("t_grok", depth)) &&
               analysis::median(source.summary.first("lambda_max_final", depth)) <
                   analysis::median(source.summary.first("lambda_max_peak", depth)) / 10;
    });
    const bool all_collapse = collapsed.size() == source.summary.depths().size();
    figure.title = all_collapse ? "Sharpness peaks before each network groks, then collapses"
                   : grown.size() == source.summary.depths().size()
                       ? "Sharpness ends above its start at every depth"
                   : grown.empty() ? "Sharpness ends below its start at every depth"
                                   : "Sharpness ends above its start at " + depth_list(grown);
    figure.subtitle = source.setting();
    figure.caption =
        "Largest eigenvalue of the Hessian of the full train loss, by Lanczos in double precision. "
        "Dotted verticals: the step at which the network of that colour first keeps 0.9 test "
        "accuracy. Dashed: 2 / learning rate, the stability limit of plain gradient descent; "
        "adaptive optimisers may cross it." +
        source.band_note();
    figure.alt = "Sharpness over training, one line for each depth.";
    figure.x = step_axis(by_index);
    const Scale scale = is_positive(source.curvature, "lambda_max") ? Scale::log : Scale::symlog;
    Panel& panel = figure.add_panel({.label = "largest eigenvalue", .scale = scale});
    for (const std::int64_t depth : source.curvature.depths()) {
        Series series = series_of(source, source.curvature, "lambda_max", depth, by_index);
        series.mark = lab::Mark::line_points;
        panel.series.push_back(std::move(series));
    }
    mark_grokking(source, panel, by_index);
    panel.references.push_back({.at = 2 / source.settings.number("optimiser", "learning_rate"),
                                .label = "2 / learning rate",
                                .dash = Dash::dashed});
    return figure;
}

// Ten lines at each end; the same rank joined over the visits.
Figure hessian_spectrum(const Source& source, std::int64_t depth, bool by_index) {
    Figure figure;
    figure.stem = "hessian_spectrum_depth" + std::to_string(depth);
    figure.subtitle = name_of(depth) + "; " + source.setting();
    figure.x = step_axis(by_index);
    Panel& panel = figure.add_panel({.label = "eigenvalue", .scale = Scale::symlog});
    std::size_t ranks = 0;
    bool has_negative = false;
    for (const char* end : {"largest", "smallest"}) {
        // values[rank][visit][seed]
        std::vector<double> steps;
        std::vector<std::vector<std::vector<double>>> values;
        for (const std::int64_t seed : source.eigenvalues.seeds()) {
            const auto ends = source.eigenvalues.texts("end", depth, seed);
            const auto rank = source.eigenvalues.numbers("rank", depth, seed);
            const auto step = source.eigenvalues.numbers("step", depth, seed);
            const auto value = source.eigenvalues.numbers("value", depth, seed);
            const auto bound = source.eigenvalues.numbers("bound", depth, seed);
            for (std::size_t i = 0; i < ends.size(); ++i) {
                if (ends[i] != end) continue;
                const auto r = static_cast<std::size_t>(rank[i]) - 1;
                auto found = std::find(steps.begin(), steps.end(), step[i]);
                if (found == steps.end()) found = steps.insert(steps.end(), step[i]);
                const auto visit = static_cast<std::size_t>(found - steps.begin());
                if (values.size() <= r) values.resize(r + 1);
                if (values[r].size() <= visit) values[r].resize(visit + 1);
                // A value of unknown sign has no place on this axis.
                const bool has_sign = std::abs(value[i]) > bound[i];
                values[r][visit].push_back(has_sign ? value[i] : std::nan(""));
            }
        }
        ranks = std::max(ranks, values.size());
        for (const auto& of_rank : values) {
            Series series;
            series.name = std::string(end) + " " + std::to_string(values.size());
            series.x = positions(steps, by_index);
            series.x.resize(of_rank.size());
            for (const auto& of_visit : of_rank) series.y.push_back(analysis::median(of_visit));
            has_negative = has_negative || series.y.back() < 0;
            series.mark = lab::Mark::line_points;
            series.colour = lab::okabe_ito(std::string(end) == "largest" ? 0 : 1);
            series.dash = std::string(end) == "largest" ? Dash::solid : Dash::dashed;
            panel.series.push_back(std::move(series));
        }
    }
    double products = 0, worst = 0;
    for (const std::int64_t seed : source.curvature.seeds()) {
        for (const double x : source.curvature.numbers("products", depth, seed)) products += x;
        for (const double x : source.curvature.numbers("worst_relative_residual", depth, seed)) {
            worst = std::max(worst, x);
        }
    }
    const double grok = source.time("t_grok", depth);
    if (std::isfinite(grok)) {
        panel.references.push_back({.kind = Reference::Kind::vertical,
                                    .at = position_of(source, depth, grok, by_index),
                                    .label = "0.9 test accuracy"});
    }
    figure.title = has_negative ? "Negative curvature remains at the end of training"
                                : "No negative curvature is resolved at the end of training";
    figure.caption =
        "Both ends of the Hessian spectrum of the train loss. The axis is linear in "
        "the grey zone and logarithmic beyond. Values whose error bound includes zero "
        "are left out. Hessian-vector products used: " +
        readable(products) +
        "; largest residual, relative to the largest eigenvalue of the visit: " + readable(worst) +
        "." + source.band_note();
    figure.alt = "Largest and smallest eigenvalues over training at " + name_of(depth) + ".";
    return figure;
}

Figure loss_vs_steps(const Source& source) {
    Figure figure;
    figure.stem = "loss_vs_steps";
    const auto generalised = depths_where(
        source, [&](std::int64_t depth) { return std::isfinite(source.time("t_gen", depth)); });
    figure.title = generalised.empty()
                       ? "Train loss falls while test loss rises"
                       : "Test loss falls long after train loss at " + depth_list(generalised);
    figure.subtitle = "solid: test, dashed: train; " + source.setting();
    figure.caption =
        "Cross-entropy after the update. Solid: all pairs that are not trained on; "
        "dashed: training pairs. Dash-dotted: a uniform guess." +
        source.band_note();
    figure.alt = "Train and test loss over training, one pair of lines for each depth.";
    figure.x = {.label = "step", .scale = Scale::log};
    Panel& panel = figure.add_panel({.label = "cross-entropy (nats)", .scale = Scale::log});
    for (const std::int64_t depth : source.metrics.depths()) {
        panel.series.push_back(series_of(source, source.metrics, "test_loss", depth));
    }
    for (const std::int64_t depth : source.metrics.depths()) {
        Series series = series_of(source, source.metrics, "train_loss", depth);
        series.name = "";
        series.dash = Dash::dashed;
        panel.series.push_back(std::move(series));
    }
    const double classes = source.settings.number("task", "p");
    panel.references.push_back(
        {.at = std::log(classes), .label = "uniform guess", .dash = Dash::dash_dotted});
    return figure;
}

Figure test_accuracy(const Source& source) {
    Figure figure;
    figure.stem = "test_acc_vs_steps";
    const auto grokked = depths_where(
        source, [&](std::int64_t depth) { return std::isfinite(source.time("t_grok", depth)); });
    figure.title = grokked.empty() ? "No depth generalises within the budget"
                   : grokked.size() == source.summary.depths().size()
                       ? "Every depth generalises, and each at its own time"
                       : "Within the budget only " + depth_list(grokked) + " generalise" +
                             (grokked.size() == 1 ? "s" : "");
    figure.subtitle = source.setting();
    figure.caption =
        "Accuracy on all pairs that are not trained on. Dotted verticals: the first "
        "log from which 0.9 is kept for three logs." +
        source.band_note();
    figure.alt = "Test accuracy over training, one line for each depth.";
    figure.x = {.label = "step", .scale = Scale::log};
    Panel& panel = figure.add_panel({.label = "test accuracy", .min = 0, .max = 1});
    for (const std::int64_t depth : source.metrics.depths()) {
        panel.series.push_back(series_of(source, source.metrics, "test_accuracy", depth));
    }
    mark_grokking(source, panel, false);
    panel.references.push_back({.at = 1 / source.settings.number("task", "p"),
                                .label = "chance",
                                .dash = Dash::dash_dotted});
    return figure;
}

Figure gradient_norm(const Source& source) {
    Figure figure;
    figure.stem = "grad_norm_vs_steps";
    figure.title = "The gradient shrinks as the training pairs are fitted";
    figure.subtitle = source.setting();
    figure.caption =
        "Euclidean norm of the gradient of the full train loss, weight decay not "
        "included." +
        source.band_note();
    figure.alt = "Gradient norm over training, one line for each depth.";
    figure.x = {.label = "step", .scale = Scale::log};
    Panel& panel = figure.add_panel({.label = "gradient norm", .scale = Scale::log});
    bool shrinks = true;
    for (const std::int64_t depth : source.metrics.depths()) {
        panel.series.push_back(series_of(source, source.metrics, "gradient_norm", depth));
        const Series& series = panel.series.back();
        shrinks = shrinks && series.y.back() < series.y.front();
    }
    if (!shrinks) figure.title = "The gradient does not shrink at every depth";
    mark_grokking(source, panel, false);
    return figure;
}

Figure sharpness_vs_depth(const Source& source) {
    Figure figure;
    figure.stem = "sharpness_vs_depth";
    const auto& depths = source.summary.depths();
    const auto medians = [&](const char* quantity) {
        std::vector<double> values;
        for (const std::int64_t depth : depths) {
            values.push_back(analysis::median(source.summary.first(quantity, depth)));
        }
        return values;
    };
    const auto initial = medians("lambda_max_initial"), final = medians("lambda_max_final");
    const auto order = [](const std::vector<double>& values) {
        return std::string(std::is_sorted(values.begin(), values.end()) ? "rises with depth"
                           : std::is_sorted(values.rbegin(), values.rend())
                               ? "falls with depth"
                               : "has no order in depth");
    };
    const std::string start = order(initial), end = order(final);
    figure.title = start == end ? "Sharpness " + start + " at the start and at the end"
                                : "Sharpness " + start + " at the start, " + end + " at the end";
    if (depths.size() == 1) figure.title = "Sharpness at the start, at grokking and at the end";
    figure.subtitle = source.setting();
    figure.caption =
        "Largest Hessian eigenvalue at step 0, at the last step, and at the first "
        "visit after the network keeps 0.9 test accuracy (missing where it never "
        "does)." +
        std::string(source.num_seeds() == 1 ? " One seed."
                                            : " Medians; bars are 95 % bootstrap intervals over " +
                                                  source.seeds() + ".");
    figure.alt = "Sharpness against depth at the start, at grokking and at the end of training.";
    figure.x = {.label = "hidden layers"};
    for (const std::int64_t depth : depths) {
        figure.x.ticks.push_back({static_cast<double>(depth), std::to_string(depth)});
    }
    figure.x.min = static_cast<double>(*std::min_element(depths.begin(), depths.end())) - 0.5;
    figure.x.max = static_cast<double>(*std::max_element(depths.begin(), depths.end())) + 0.5;
    Panel& panel = figure.add_panel({.label = "largest eigenvalue", .scale = Scale::log});
    const std::pair<const char*, const char*> moments[] = {{"lambda_max_initial", "step 0"},
                                                           {"lambda_max_grok", "at grokking"},
                                                           {"lambda_max_final", "last step"}};
    for (const auto& [quantity, name] : moments) {
        Series series;
        series.name = name;
        for (const std::int64_t depth : depths) {
            std::vector<double> values = source.summary.first(quantity, depth);
            std::erase_if(values, [](double x) { return std::isnan(x); });
            if (values.empty()) continue;
            const analysis::Interval interval = analysis::median_interval(values, 0);
            series.x.push_back(static_cast<double>(depth));
            series.y.push_back(analysis::median(values));
            series.low.push_back(interval.low);
            series.high.push_back(interval.high);
        }
        if (series.x.empty()) continue;
        if (source.num_seeds() == 1) {
            series.low.clear();
            series.high.clear();
        }
        series.mark = lab::Mark::line_points;
        series.spread = lab::Spread::bars;
        panel.series.push_back(std::move(series));
    }
    return figure;
}

Figure eigenvector_overlap(const Source& source, std::int64_t depth, bool by_index) {
    Figure figure;
    figure.stem = "eigvec_overlap_depth" + std::to_string(depth);
    figure.subtitle = name_of(depth) + "; " + source.setting();
    figure.x = {.label = by_index ? "checkpoint" : "step"};
    Panel& panel = figure.add_panel({.label = figure.x.label});
    const std::vector<double> steps = source.curvature.over_seeds("step", depth)[0];
    const std::size_t size = steps.size();
    std::vector<std::vector<double>> cells(size * size);
    for (const std::int64_t seed : source.overlap.seeds()) {
        const auto here = source.overlap.numbers("step", depth, seed);
        const auto there = source.overlap.numbers("other_step", depth, seed);
        const auto value = source.overlap.numbers("overlap", depth, seed);
        const auto place = [&](double step) {
            return static_cast<std::size_t>(std::find(steps.begin(), steps.end(), step) -
                                            steps.begin());
        };
        for (std::size_t i = 0; i < here.size(); ++i) {
            const std::size_t a = place(here[i]), b = place(there[i]);
            if (a >= size || b >= size) continue;
            cells[a * size + b].push_back(value[i]);
            if (a != b) cells[b * size + a].push_back(value[i]);
        }
    }
    lab::HeatMap map{.x = positions(steps, by_index), .y = positions(steps, by_index), .value = {}};
    double late = 0;
    for (const auto& cell : cells) map.value.push_back(analysis::median(cell));
    if (size > 1) late = map.value[(size - 1) * size + size - 2];
    panel.heat_map = std::move(map);
    panel.colours = {.label = "|⟨v_{t}, v_{u}⟩|", .min = 0, .max = 1};
    figure.title = late > 0.5 ? "The leading direction has settled at the end of training"
                              : "The leading direction keeps turning to the end of training";
    figure.caption =
        "Overlap of the eigenvectors of the largest eigenvalue at two visits; one is "
        "the same direction. A value near zero between neighbours means that another "
        "direction has become the sharpest." +
        std::string(source.num_seeds() == 1 ? " One seed." : " Medians over seeds.");
    figure.alt = "Heat map of overlaps of leading eigenvectors at " + name_of(depth) + ".";
    return figure;
}

}  // namespace

std::vector<Figure> make_figures(const fs::path& folder, bool by_index) {
    const Source source(folder);
    std::vector<Figure> figures{test_accuracy(source), loss_vs_steps(source),
                                hessian_vs_depth(source, by_index), sharpness_vs_depth(source),
                                gradient_norm(source)};
    for (const std::int64_t depth : source.curvature.depths()) {
        figures.push_back(hessian_spectrum(source, depth, by_index));
    }
    for (const std::int64_t depth : source.curvature.depths()) {
        figures.push_back(eigenvector_overlap(source, depth, by_index));
    }
    return figures;
}

void draw_figures(lab::Run& run, bool by_index) {
    for (const Figure& figure : make_figures(run.folder.path(), by_index)) {
        const lab::DrawOutcome outcome = lab::draw(figure, run.folder.file("figures"));
        if (outcome.is_drawn()) continue;
        run.log.warn("figure " + figure.stem + ": " + outcome.message +
                     (outcome.hint.empty() ? "" : "; " + outcome.hint));
        // Without gnuplot every figure would say the same.
        if (outcome.status == lab::DrawOutcome::Status::no_gnuplot) {
            for (const Figure& rest : make_figures(run.folder.path(), by_index)) {
                lab::draw(rest, run.folder.file("figures"));
            }
            return;
        }
    }
}

}  // namespace dualtape::reports
