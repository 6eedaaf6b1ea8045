// Accuracy, losses and gradient over a training.

#include <algorithm>
#include <cmath>

#include "experiments/grokking_hessian/figure_source.h"
#include "experiments/report/decisions.h"

namespace dualtape::grokking_hessian {

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
    if (grokked.size() < source.depths().size()) {
        return "Test accuracy reaches 0.9 within the budget only at " +
               report::depth_listing(grokked);
    }
    if (grokked.size() == 1) return "Test accuracy reaches 0.9 at " + name_of(grokked[0]);
    const auto first = report::surely_least(source.by_depth.estimates("t_grok", grokked));
    return "Every depth generalises" + (first ? ", " + name_of(grokked[*first]) + " first" : "");
}

// How a column of metrics.tsv has changed at the last log, from its largest value or its first one.
enum class Since { largest, first };
report::Change change_since(const FigureSource& source, const char* column, std::int64_t depth,
                            Since since) {
    std::vector<double> from, to;
    for (const std::int64_t seed : source.metrics.seeds()) {
        const std::vector<double> values = source.metrics.numbers(column, depth, seed);
        if (values.empty()) continue;
        from.push_back(since == Since::first ? values.front()
                                             : *std::max_element(values.begin(), values.end()));
        to.push_back(values.back());
    }
    return report::change_of(from, to);
}

std::string loss_title(const FigureSource& source) {
    const auto grokked =
        source.depths_where([&](std::int64_t depth) { return source.by_depth.groks(depth); });
    if (!grokked.empty()) {
        const bool falls = std::all_of(grokked.begin(), grokked.end(), [&](std::int64_t depth) {
            return change_since(source, "test_loss", depth, Since::largest) ==
                   report::Change::falls;
        });
        return (falls ? "Test loss falls long after train loss at "
                      : "Test accuracy rises long after train accuracy at ") +
               report::depth_listing(grokked);
    }
    const double guess = std::log(source.settings.number("task", "p"));
    const auto apart = source.depths_where([&](std::int64_t depth) {
        const report::Estimate loss = source.by_depth.estimate("test_loss", depth);
        return (std::isnan(loss.low) ? loss.median : loss.low) > guess;
    });
    if (!apart.empty()) {
        return "Test loss ends above a uniform guess at " + (apart.size() == source.depths().size()
                                                                 ? "every depth"
                                                                 : report::depth_listing(apart));
    }
    const auto from_train_to_test = [&](report::Change change) {
        return source.depths_where([&](std::int64_t depth) {
            return report::change_of(source.summary.first("train_loss", depth),
                                     source.summary.first("test_loss", depth)) == change;
        });
    };
    const std::size_t all = source.depths().size();
    if (from_train_to_test(report::Change::stays).size() == all)
        return "Test loss ends near train loss";
    const auto behind = from_train_to_test(report::Change::rises);
    if (behind.empty()) return "Train and test loss over the training";
    return "Test loss ends above train loss at " +
           (behind.size() == all ? "every depth" : report::depth_listing(behind));
}

std::string gradient_title(const FigureSource& source) {
    const auto with = [&](report::Change change) {
        return source.depths_where([&](std::int64_t depth) {
            return change_since(source, "gradient_norm", depth, Since::first) == change;
        });
    };
    const auto shrinking = with(report::Change::falls), growing = with(report::Change::rises);
    const std::size_t all = source.depths().size();
    if (shrinking.size() == all) return "The gradient ends smaller than it began at every depth";
    if (growing.size() == all) return "The gradient ends larger than it began at every depth";
    if (with(report::Change::stays).size() == all)
        return "The gradient ends about as large as it began";
    if (shrinking.empty() && growing.empty())
        return "The gradient over the training at every depth";
    if (growing.empty()) {
        return "The gradient ends smaller than it began at " + report::depth_listing(shrinking);
    }
    return "The gradient ends larger than it began at " + report::depth_listing(growing);
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
    figure.title = gradient_title(source);
    mark_grokking(source, figure, Against::step);
    figure.caption += source.band_note();
    return figure;
}

}  // namespace dualtape::grokking_hessian
