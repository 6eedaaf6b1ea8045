// Accuracy, losses and gradient over a training.

#include <algorithm>
#include <cmath>

#include "experiments/reports/grokking_hessian/figure_source.h"

namespace dualtape::reports {

namespace {

using lab::Dash;
using lab::Figure;
using lab::Panel;
using lab::Scale;
using lab::Series;

// A figure of metrics.tsv against the step, which is logarithmic: step 0 is left out.
Figure figure_of(const FigureSource& source, const char* stem, const char* alt) {
    Figure figure;
    figure.stem = stem;
    figure.subtitle = source.setting();
    figure.alt = alt;
    figure.x = {.label = "step", .scale = Scale::log};
    return figure;
}

std::string accuracy_title(const FigureSource& source) {
    const auto grokked = source.depths_where(
        [&](std::int64_t depth) { return source.by_depth.is_reached("t_grok", depth); });
    if (grokked.empty()) return "No depth generalises within the budget";
    const auto is_earlier = [&](std::int64_t a, std::int64_t b) {
        return source.by_depth.median("t_grok", a) < source.by_depth.median("t_grok", b);
    };
    if (grokked.size() < source.depths().size()) {
        return "Test accuracy reaches 0.9 within the budget only at " + depth_listing(grokked);
    }
    const std::string first =
        name_of(*std::min_element(grokked.begin(), grokked.end(), is_earlier));
    return grokked.size() == 1 ? "Test accuracy reaches 0.9 at " + first
                               : "Every depth generalises, " + first + " first";
}

std::string loss_title(const FigureSource& source) {
    const auto grokked =
        source.depths_where([&](std::int64_t depth) { return source.by_depth.groks(depth); });
    if (!grokked.empty()) {
        return "Test loss falls long after train loss at " + depth_listing(grokked);
    }
    const auto apart = source.depths_where([&](std::int64_t depth) {
        return source.by_depth.median("test_loss", depth) >
               std::log(source.settings.number("task", "p"));
    });
    if (apart.empty()) return "Test loss follows train loss";
    return "Test loss ends above a uniform guess at " +
           (apart.size() == source.depths().size() ? "every depth" : depth_listing(apart));
}

}  // namespace

Figure test_accuracy(const FigureSource& source) {
    Figure figure =
        figure_of(source, "test_acc_vs_steps", "Test accuracy over training, a line per depth.");
    figure.title = accuracy_title(source);
    figure.caption = "Accuracy on all pairs that are not trained on. Dash-dotted: chance.";
    Panel& panel = figure.add_panel({.label = "test accuracy", .min = 0, .max = 1});
    for (const std::int64_t depth : source.depths()) {
        panel.series.push_back(line_of(source, source.metrics, "test_accuracy", depth));
    }
    mark_grokking(source, figure, Against::step);
    figure.caption += source.band_note();
    panel.references.push_back({.at = 1 / source.settings.number("task", "p"),
                                .label = "chance",
                                .dash = Dash::dash_dotted});
    return figure;
}

Figure losses(const FigureSource& source) {
    Figure figure = figure_of(source, "loss_vs_steps",
                              "Train and test loss over training, a pair of lines per depth.");
    figure.title = loss_title(source);
    figure.subtitle = "solid: test, dashed: train; " + figure.subtitle;
    figure.caption =
        "Cross-entropy after the update. Solid: all pairs that are not trained on; dashed: "
        "training pairs. Dash-dotted: a uniform guess." +
        source.band_note();
    Panel& panel = figure.add_panel({.label = "cross-entropy (nats)", .scale = Scale::log});
    for (const std::int64_t depth : source.depths()) {
        panel.series.push_back(line_of(source, source.metrics, "test_loss", depth));
    }
    for (const std::int64_t depth : source.depths()) {
        Series series = line_of(source, source.metrics, "train_loss", depth);
        series.name = "";
        series.dash = Dash::dashed;
        panel.series.push_back(std::move(series));
    }
    panel.references.push_back({.at = std::log(source.settings.number("task", "p")),
                                .label = "uniform guess",
                                .dash = Dash::dash_dotted});
    return figure;
}

Figure gradient_norm(const FigureSource& source) {
    Figure figure =
        figure_of(source, "grad_norm_vs_steps", "Gradient norm over training, a line per depth.");
    figure.caption =
        "Euclidean norm of the gradient of the full train loss, weight decay not included.";
    Panel& panel = figure.add_panel({.label = "gradient norm", .scale = Scale::log});
    for (const std::int64_t depth : source.depths()) {
        panel.series.push_back(line_of(source, source.metrics, "gradient_norm", depth));
    }
    const bool shrinks =
        std::all_of(panel.series.begin(), panel.series.end(),
                    [](const Series& series) { return series.y.back() < series.y.front(); });
    figure.title = shrinks ? "The gradient shrinks as the training pairs are fitted"
                           : "The gradient does not shrink at every depth";
    mark_grokking(source, figure, Against::step);
    figure.caption += source.band_note();
    return figure;
}

}  // namespace dualtape::reports
