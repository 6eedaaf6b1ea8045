// Progress measures over the checkpoints.

#include <cmath>

#include "experiments/analyses/fourier/fourier_figures.h"
#include "experiments/report/decisions.h"
#include "experiments/report/run_tables.h"
#include "experiments/report/step_axis.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

using lab::Dash;
using lab::Figure;
using lab::Mark;
using lab::Panel;
using lab::Scale;
using lab::Series;

constexpr std::size_t kMostSettings = 6;  // figures

using Trainings = std::vector<const FourierTraining*>;

// The trainings of one setting whose checkpoints are of the same steps as those of the first, so
// that they have a median.
struct Curves {
    const FourierFindings& findings;
    Trainings trainings;
    std::vector<double> steps;
    std::size_t num_others = 0;  // trainings with other steps

    Curves(const FourierFindings& all, const Trainings& setting) : findings(all) {
        steps = all.progress.numbers(setting[0]->name, "step");
        for (const FourierTraining* training : setting) {
            if (all.progress.numbers(training->name, "step") == steps) {
                trainings.push_back(training);
            } else {
                ++num_others;
            }
        }
    }

    // Median over the seeds, with its band. A seed without the value gives none.
    statistics::Band band(const char* column) const {
        std::vector<std::vector<double>> curves;
        for (const FourierTraining* training : trainings) {
            curves.push_back(findings.progress.numbers(training->name, column));
        }
        return statistics::median_band(curves);
    }
    double last(const char* column) const { return band(column).middle.back(); }

    void add(Panel& panel, const char* name, const char* column, int colour,
             Dash dash = Dash::solid) const {
        const statistics::Band found = band(column);
        Series series{.name = name,
                      .x = steps,
                      .y = found.middle,
                      .mark = Mark::line_points,
                      .dash = dash,
                      .colour = lab::okabe_ito(colour)};
        if (std::isnan(found.middle.back()) && std::isnan(found.middle.front())) return;
        if (trainings.size() > 1) {
            series.low = found.low;
            series.high = found.high;
        }
        panel.series.push_back(std::move(series));
    }
};

// The losses of the training without each of its keys, as lines of one look.
void add_excluded(Panel& panel, const FourierFindings& findings, const FourierTraining& training) {
    const auto step = findings.excluded.numbers(training.name, "step"),
               k = findings.excluded.numbers(training.name, "frequency"),
               loss = findings.excluded.numbers(training.name, "excluded_loss");
    for (const double key : training.keys()) {
        Series series{
            .name = "train, without one key", .dash = Dash::dotted, .colour = lab::okabe_ito(4)};
        for (std::size_t i = 0; i < k.size(); ++i) {
            if (k[i] != key) continue;
            series.x.push_back(step[i]);
            series.y.push_back(loss[i]);
        }
        if (!series.x.empty()) panel.series.push_back(std::move(series));
    }
}

// Boundaries of the phases, medians over the seeds that have them.
void mark_phases(Figure& figure, const Trainings& trainings) {
    struct Boundary {
        const char* quantity;
        const char* label;
        Dash dash;
    };
    for (const Boundary& boundary :
         {Boundary{"memorised", "memorised, at checkpoints", Dash::dotted},
          Boundary{"circuit_begins", "circuit begins to form", Dash::dash_dotted},
          Boundary{"cleanup_begins", "cleanup begins", Dash::dashed},
          Boundary{"cleanup_ends", "cleanup ends", Dash::solid}}) {
        std::vector<double> steps;
        for (const FourierTraining* training : trainings) {
            const double at = training->number(boundary.quantity);
            if (!std::isnan(at)) steps.push_back(at);
        }
        if (steps.empty()) continue;
        // Named in the last panel, whose legend has room.
        for (Panel& panel : figure.panels) {
            panel.references.push_back(
                {.kind = lab::Reference::Kind::vertical,
                 .at = statistics::median(steps),
                 .label = &panel == &figure.panels.back() ? boundary.label : "",
                 .dash = boundary.dash});
        }
    }
}

std::string title_of(const Curves& curves) {
    if (curves.last("keys") == 0) return "There is no key frequency to measure progress by";
    const double excluded = curves.last("excluded_loss"), train = curves.last("train_loss"),
                 restricted = curves.last("restricted_loss"), all = curves.last("all_loss");
    const std::string values = "loss " + report::readable_short(restricted) + " with them alone, " +
                               report::readable_short(excluded) + " without";
    switch (report::carried_by_keys({train, excluded, all, restricted})) {
        case report::Carried::all:
            return "The keys carry the network: " + values;
        case report::Carried::part:
            return "The keys carry part of the network: " + values;
        case report::Carried::none:
            return "The network does not need the keys: " + values;
        case report::Carried::unknown:
            break;
    }
    return "The key frequencies over the training";
}

Figure progress_figure(const Curves& curves, const std::string& setting_name,
                       const std::string& setting) {
    Figure figure;
    figure.stem = "progress_measures";
    for (const char c : setting_name.empty() ? "" : "-" + setting_name) {
        if (c != ' ' && c != ',') figure.stem += c;
    }
    const FourierTraining& first = *curves.trainings[0];
    const bool is_one = curves.trainings.size() == 1;
    const std::string seeds =
        is_one ? first.seed() : std::to_string(curves.trainings.size()) + " seeds";
    figure.subtitle = setting;
    for (const std::string& part : {setting_name, seeds}) {
        if (!part.empty()) figure.subtitle += ", " + part;
    }
    figure.title = title_of(curves);
    Panel& loss = figure.add_panel({.label = "cross-entropy (nats)", .scale = Scale::log});
    curves.add(loss, "train", "train_loss", 0);
    curves.add(loss, "test", "test_loss", 0, Dash::dashed);
    curves.add(loss, "all, keys only (restricted)", "restricted_loss", 2);
    curves.add(loss, "train, without keys (excluded)", "excluded_loss", 1);
    if (is_one) add_excluded(loss, curves.findings, first);
    Panel& gini = figure.add_panel({.label = "Gini coefficient", .min = 0, .max = 1});
    curves.add(gini, "table of tokens", "gini_embedding", 3);
    curves.add(gini, "output map", "gini_output", 5);
    Panel& weights = figure.add_panel({.label = "sum of squares of weights"});
    curves.add(weights, "", "sum_of_squares", 0);
    figure.x = report::step_axis(figure);
    mark_phases(figure, curves.trainings);
    figure.caption =
        "Restricted loss keeps the directions of the key frequencies alone, excluded loss all but "
        "them; keys of the " +
        std::string(first.text("keys_from") == "each" ? "same" : "final") +
        " checkpoint. Gini coefficients of the norms of all waves: 0, all alike. Vertical lines: "
        "boundaries of the phases of the training, where found, on the grid of the checkpoints; "
        "the "
        "logs lie closer.";
    if (!is_one) figure.caption += " Medians over seeds, with 95 % bootstrap intervals.";
    if (curves.num_others > 0) {
        figure.caption += " Left out, as their checkpoints are of other steps: " +
                          std::to_string(curves.num_others) + " trainings.";
    }
    figure.alt = "Losses, Gini coefficients and sum of squares of the weights against the step";
    return figure;
}

}  // namespace

std::vector<Figure> progress_figures(const FourierFindings& findings, const std::string& setting) {
    std::vector<Figure> figures;
    for (const std::string& one : findings.settings()) {
        if (figures.size() == kMostSettings) break;
        const Curves curves(findings, findings.of_setting(one));
        // A curve has two points or more.
        if (curves.steps.size() > 1) figures.push_back(progress_figure(curves, one, setting));
    }
    return figures;
}

}  // namespace dualtape::analyses
