#include "experiments/analyses/fourier/fourier_neuron_figures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "experiments/analyses/fourier/fourier_panels.h"
#include "experiments/report/decisions.h"
#include "experiments/report/run_tables.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

using lab::Dash;
using lab::Figure;
using lab::Mark;
using lab::Panel;
using lab::Series;

constexpr std::size_t kFewestNeurons = 5;  // whose phases make a panel
constexpr int kQuantiles = 100;

// The q-quantiles of the FVE of the live neurons, q = 0 .. 1.
std::vector<double> explained_curve(const FourierFindings& findings, const std::string& training) {
    std::vector<double> live;
    for (const double fve : findings.neurons.last_numbers(training, "fve")) {
        if (!std::isnan(fve)) live.push_back(fve);
    }
    std::vector<double> curve;
    for (int i = 0; i <= kQuantiles && !live.empty(); ++i) {
        curve.push_back(statistics::quantile(live, 1 - i / double{kQuantiles}));
    }
    return curve;
}

std::string agreement_in_words(report::Agreement agreement) {
    switch (agreement) {
        case report::Agreement::agree:
            return "Phases of input and output agree: ";
        case report::Agreement::in_part:
            return "Phases of input and output agree in part: ";
        case report::Agreement::none:
            return "Phases of input and output do not agree everywhere: ";
        case report::Agreement::unknown:
            break;
    }
    return "Phases of input and output: ";
}

}  // namespace

std::optional<Figure> explained_figure(const FourierFindings& findings,
                                       const std::string& setting) {
    Figure figure;
    figure.stem = "neuron_explained";
    figure.subtitle = setting;
    figure.x = {.label = "live neurons, most explained first (share)", .min = 0, .max = 1};
    std::vector<double> place, medians;
    for (int i = 0; i <= kQuantiles; ++i) place.push_back(i / double{kQuantiles});
    Panel& panel =
        figure.add_panel({.label = "share of variance at one frequency", .min = 0, .max = 1});
    const std::vector<std::string> settings = findings.settings();
    panel.has_ramp = settings.size() > 1;
    for (const std::string& one : settings) {
        std::vector<std::vector<double>> curves;
        for (const FourierTraining* training : findings.of_setting(one)) {
            std::vector<double> curve = explained_curve(findings, training->name);
            if (!curve.empty()) curves.push_back(std::move(curve));
        }
        if (curves.empty()) continue;
        const statistics::Band band = statistics::median_band(curves);
        const std::string seeds =
            curves.size() == 1 ? "one seed" : std::to_string(curves.size()) + " seeds";
        Series series{
            .name = one.empty() ? seeds : one + ", " + seeds, .x = place, .y = band.middle};
        if (curves.size() > 1) {
            series.low = band.low;
            series.high = band.high;
        }
        medians.push_back(band.middle[kQuantiles / 2]);
        panel.series.push_back(std::move(series));
    }
    if (medians.empty()) return std::nullopt;
    const double threshold = findings.trainings[0].number("fve_threshold");
    panel.references.push_back({.at = threshold,
                                .label = "threshold " + report::readable(threshold),
                                .dash = Dash::dashed});
    figure.title = "In half of the live neurons one frequency explains " +
                   range(medians, report::readable_short) + " or more";
    figure.caption =
        "Share of each neuron's variance over all pairs that its best frequency explains, sorted; "
        "of several seeds the median, with 95 % bootstrap intervals.";
    figure.alt = "Explained variance of the neurons, sorted";
    return figure;
}

std::optional<Figure> phase_figure(const FourierFindings& findings, const std::string& setting) {
    constexpr double kTurn = std::numbers::pi;
    TrainingPanels panels(findings, "neuron_phases", setting,
                          {.label = "phase to the output (rad)",
                           .min = -kTurn,
                           .max = kTurn,
                           .ticks = {{-kTurn, "−π"}, {0, "0"}, {kTurn, "π"}}});
    bool is_difference = false;
    for (const FourierTraining* training : panels.shown()) {
        const auto column = [&](const char* name) {
            return findings.neurons.last_numbers(training->name, name);
        };
        const auto out = column("phase_out"), off = column("misalignment"),
                   cluster = column("cluster");
        Series members{.mark = Mark::points};
        for (std::size_t j = 0; j < out.size(); ++j) {
            if (std::isnan(off[j]) || std::isnan(cluster[j])) continue;
            members.x.push_back(out[j]);
            members.y.push_back(out[j] + off[j]);
            members.shade.push_back(cluster[j]);
        }
        if (members.x.size() < kFewestNeurons) continue;
        is_difference = training->is_difference();
        Panel& panel =
            panels.add(*training, {.label = is_difference ? "phase of a − phase of b (rad)"
                                                          : "phase of a + phase of b (rad)"});
        panel.colours = {.label = "frequency k",
                         .min = 1,
                         .max = std::max(2.0, std::floor(training->number("p") / 2))};
        panel.series.push_back({.name = "equal",
                                .x = {-kTurn, kTurn},
                                .y = {-kTurn, kTurn},
                                .dash = Dash::dashed,
                                .colour = lab::kGrey});
        panel.series.push_back(std::move(members));
    }
    if (panels.is_empty()) return std::nullopt;
    const std::vector<double> cosines = over_trainings(
        findings, [](const auto& training) { return training.number("misalignment_mean_cosine"); });
    const double smallest = cosines.empty() ? std::numeric_limits<double>::quiet_NaN()
                                            : *std::min_element(cosines.begin(), cosines.end());
    const std::string value = "mean cosine " + range(cosines, report::readable);
    lab::Figure figure = panels.finish(
        agreement_in_words(report::agreement_of(smallest)) + value,
        "Every point is a neuron that is explained by a key frequency. On the line, the "
        "wave that it adds to the logits peaks at the label. The sum of the phases is "
        "drawn within π of the phase to the output. Mean cosine: of their difference.",
        "Sum of the phases of both tokens against the phase to the output", 2);
    figure.shared_colours = figure.panels.size() > 1;
    return figure;
}

}  // namespace dualtape::analyses
