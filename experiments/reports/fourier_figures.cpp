#include "experiments/reports/fourier_figures.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "experiments/analysis/statistics.h"
#include "experiments/reports/run_tables.h"

namespace dualtape::reports {

namespace {

using lab::Dash;
using lab::Figure;
using lab::Mark;
using lab::Panel;
using lab::Series;

constexpr std::size_t kMostPanels = 4;
constexpr int kQuantiles = 100;

using Trainings = std::vector<const FourierTraining*>;

bool has_numbers(const std::vector<double>& values) {
    return std::any_of(values.begin(), values.end(), [](double v) { return !std::isnan(v); });
}

// "5", or "3 to 5".
std::string range(std::vector<double> values, const std::function<std::string(double)>& text) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const std::string first = text(*low), last = text(*high);
    return first == last ? first : first + " to " + last;
}

std::string percent(double share) { return readable_short(std::round(100 * share)) + " %"; }

// A figure with a panel a training, and what its caption says of those that are not shown.
struct Panels {
    const FourierFindings& findings;
    const Trainings shown;
    Figure figure;

    Panels(const FourierFindings& all, const char* stem, const std::string& setting)
        : findings(all), shown(all.examples(kMostPanels)) {
        figure.stem = stem;
        figure.subtitle = setting;
        if (shown.size() == 1)
            figure.subtitle += shown[0]->name.empty() ? "" : ", " + shown[0]->name;
    }
    Panel& add(const FourierTraining& training, lab::Axis y) {
        return figure.add_panel(std::move(y), shown.size() == 1 ? "" : training.name);
    }
    void finish(const std::string& title, const std::string& caption, const std::string& alt) {
        figure.title = title;
        figure.caption = caption;
        figure.alt = alt;
        if (figure.panels.size() < findings.trainings.size()) {
            figure.caption += " Shown: " + std::to_string(figure.panels.size()) + " of " +
                              std::to_string(findings.trainings.size()) +
                              " trainings; the tables hold all.";
        }
    }
};

// Values at the keys and elsewhere, as sticks of two colours.
void add_sticks(Panel& panel, const std::vector<double>& k, const std::vector<double>& value,
                const std::vector<double>& is_key, const std::string& key_name,
                const std::string& other_name) {
    Series keys{.name = key_name, .mark = Mark::sticks, .colour = lab::okabe_ito(0)};
    Series others{.name = other_name, .mark = Mark::sticks, .colour = lab::kGrey};
    for (std::size_t i = 0; i < k.size(); ++i) {
        Series& to = is_key[i] == 1 ? keys : others;
        to.x.push_back(k[i]);
        to.y.push_back(value[i]);
    }
    if (!others.x.empty()) panel.series.push_back(std::move(others));
    if (!keys.x.empty()) panel.series.push_back(std::move(keys));
}

lab::Axis frequency_axis() { return {.label = "frequency k"}; }

void add_embedding(const FourierFindings& findings, const std::string& setting,
                   std::vector<Figure>& figures) {
    Panels panels(findings, "embedding_fourier", setting);
    panels.figure.x = frequency_axis();
    std::vector<double> above;
    double count = 0;
    bool has_floor = false;
    for (const FourierTraining* training : panels.shown) {
        const auto column = [&](const char* name) {
            return findings.frequencies.last_numbers(training->name, name);
        };
        const auto k = column("frequency"), norm = column("embedding_norm"),
                   floor = column("embedding_floor"), is_key = column("is_key");
        if (!has_numbers(norm)) continue;
        Panel& panel = panels.add(*training, {.label = "norm in the table of tokens", .min = 0});
        add_sticks(panel, k, norm, is_key, "key frequency", "other frequency");
        panel.series.push_back({.name = "cosine",
                                .x = k,
                                .y = column("embedding_cosine"),
                                .mark = Mark::points,
                                .colour = lab::okabe_ito(1)});
        panel.series.push_back({.name = "sine",
                                .x = k,
                                .y = column("embedding_sine"),
                                .mark = Mark::points,
                                .colour = lab::okabe_ito(2)});
        count = static_cast<double>(k.size());
        double largest = 0;
        for (const double value : norm) largest = std::max(largest, value);
        double found = 0;
        for (std::size_t i = 0; i < k.size(); ++i) {
            found += has_numbers(floor) ? norm[i] > floor[i] : norm[i] > largest / 4;
        }
        above.push_back(found);
        if (!has_numbers(floor)) continue;
        has_floor = true;
        panel.series.push_back(
            {.name = "noise floor", .x = k, .y = floor, .dash = Dash::dashed, .colour = "#222222"});
    }
    if (above.empty()) return;
    panels.finish(
        "The table of tokens holds " + range(above, readable) + " of " + readable(count) +
            (has_floor ? " frequencies above the noise floor"
                       : " frequencies above a quarter of the largest"),
        "Euclidean norm over the features of each wave of the table of tokens (for one-hots, of "
        "the first weight): sticks join cosine and sine." +
            std::string(has_floor ? " Noise floor: what permuted tokens reach." : ""),
        "Norms by frequency");
    figures.push_back(std::move(panels.figure));
}

void add_neuron_frequencies(const FourierFindings& findings, const std::string& setting,
                            std::vector<Figure>& figures) {
    Panels panels(findings, "neuron_frequency", setting);
    panels.figure.x = frequency_axis();
    std::vector<double> shares;
    std::string threshold;
    for (const FourierTraining* training : panels.shown) {
        const auto column = [&](const char* name) {
            return findings.frequencies.last_numbers(training->name, name);
        };
        const auto k = column("frequency"), above = column("neurons");
        if (k.empty()) continue;
        std::vector<double> all = column("neurons_below");
        for (std::size_t i = 0; i < all.size(); ++i) all[i] += above[i];
        threshold = training->text("fve_threshold");
        Panel& panel = panels.add(*training, {.label = "neurons", .min = 0});
        panel.series.push_back({.name = "explained less",
                                .x = k,
                                .y = all,
                                .mark = Mark::sticks,
                                .colour = lab::kGrey});
        panel.series.push_back({.name = "explained " + threshold + " or more",
                                .x = k,
                                .y = above,
                                .mark = Mark::sticks,
                                .colour = lab::okabe_ito(0)});
        const double share = training->number("explained_share");
        if (!std::isnan(share)) shares.push_back(share);
    }
    if (threshold.empty()) return;
    panels.finish(
        shares.empty() ? "No neuron varies over the pairs"
                       : range(shares, percent) + " of the live neurons have one frequency",
        "Neurons by the frequency that explains most of their variance; blue: " + threshold +
            " of it or more, grey on top: less.",
        "Number of neurons by frequency");
    figures.push_back(std::move(panels.figure));
}

void add_logit_frequencies(const FourierFindings& findings, const std::string& setting,
                           std::vector<Figure>& figures) {
    Panels panels(findings, "logit_frequencies", setting);
    panels.figure.x = frequency_axis();
    std::vector<double> explained;
    std::string label;
    for (const FourierTraining* training : panels.shown) {
        const auto column = [&](const char* name) {
            return findings.frequencies.last_numbers(training->name, name);
        };
        const auto k = column("frequency"), is_key = column("is_key");
        if (k.empty()) continue;
        label = training->label();
        const bool is_difference = label == "a − b";
        Panel& panel = panels.add(*training, {.label = "share of variance", .min = 0});
        add_sticks(panel, k, column(is_difference ? "logit_share_difference" : "logit_share_sum"),
                   is_key, label + ", key frequency", label + ", other frequency");
        const auto add = [&](const char* name, const char* source, int colour) {
            panel.series.push_back({.name = name,
                                    .x = k,
                                    .y = column(source),
                                    .mark = Mark::points,
                                    .colour = lab::okabe_ito(colour)});
        };
        if (is_difference) {
            add("a + b", "logit_share_sum", 1);
        } else {
            add("a − b", "logit_share_difference", 1);
        }
        add("a", "logit_share_a", 2);
        add("b", "logit_share_b", 3);
        explained.push_back(findings.progress.last_numbers(training->name, "logit_fve").back());
    }
    if (explained.empty()) return;
    panels.finish(range(explained, percent) + " of the variance of the logits lies on the keys",
                  "Share of the variance of the logits, each class around its mean, on waves of " +
                      label + " (sticks), and of other combinations of the two tokens.",
                  "Shares of the variance of the logits by frequency");
    figures.push_back(std::move(panels.figure));
}

void add_phases(const FourierFindings& findings, const std::string& setting,
                std::vector<Figure>& figures) {
    constexpr double kTurn = std::numbers::pi;
    Panels panels(findings, "neuron_phases", setting);
    panels.figure.x = {.label = "phase to the output (rad)", .min = -kTurn, .max = kTurn};
    std::vector<double> resultants;
    bool is_difference = false;
    for (const FourierTraining* training : panels.shown) {
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
        if (members.x.empty()) continue;
        is_difference = training->label() == "a − b";
        Panel& panel =
            panels.add(*training, {.label = is_difference ? "phase of a − phase of b (rad)"
                                                          : "phase of a + phase of b (rad)"});
        panel.colours.label = "frequency k";
        panel.series.push_back({.name = "equal",
                                .x = {-kTurn, kTurn},
                                .y = {-kTurn, kTurn},
                                .dash = Dash::dashed,
                                .colour = lab::kGrey});
        panel.series.push_back(std::move(members));
        resultants.push_back(training->number("misalignment_mean_cosine"));
    }
    if (resultants.empty()) return;
    const double smallest = *std::min_element(resultants.begin(), resultants.end());
    const std::string value = "mean cosine " + range(resultants, readable);
    panels.finish((smallest > 0.9   ? "Phases of input and output agree: "
                   : smallest > 0.5 ? "Phases of input and output agree in part: "
                                    : "Phases of input and output do not agree everywhere: ") +
                      value,
                  "Every point is a neuron that is explained by a key frequency. On the line, the "
                  "wave that it adds to the logits peaks at the label. The sum of the phases is "
                  "drawn within π of the phase to the output. Mean cosine: of their difference.",
                  "Sum of the phases of both tokens against the phase to the output");
    if (panels.figure.panels.size() > 1) panels.figure.columns = 2;
    figures.push_back(std::move(panels.figure));
}

// The q-quantiles of the FVE of the live neurons, q = 0 .. 1.
std::vector<double> explained_curve(const FourierFindings& findings, const std::string& training) {
    std::vector<double> live;
    for (const double fve : findings.neurons.last_numbers(training, "fve")) {
        if (!std::isnan(fve)) live.push_back(fve);
    }
    std::vector<double> curve;
    for (int i = 0; i <= kQuantiles && !live.empty(); ++i) {
        curve.push_back(analysis::quantile(live, 1 - i / double{kQuantiles}));
    }
    return curve;
}

void add_explained(const FourierFindings& findings, const std::string& setting,
                   std::vector<Figure>& figures) {
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
        const analysis::Band band = analysis::median_band(curves);
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
    if (medians.empty()) return;
    const double threshold = findings.trainings[0].number("fve_threshold");
    panel.references.push_back(
        {.at = threshold, .label = "threshold " + readable(threshold), .dash = Dash::dashed});
    figure.title = "In half of the live neurons one frequency explains " +
                   range(medians, readable_short) + " or more";
    figure.caption =
        "Share of each neuron's variance over all pairs that its best frequency explains, sorted; "
        "of several seeds the median, with 95 % bootstrap intervals.";
    figure.alt = "Explained variance of the neurons, sorted";
    figures.push_back(std::move(figure));
}

}  // namespace

std::vector<Figure> frequency_figures(const FourierFindings& findings, const std::string& setting) {
    std::vector<Figure> figures;
    if (findings.trainings.empty()) return figures;
    add_embedding(findings, setting, figures);
    add_neuron_frequencies(findings, setting, figures);
    add_explained(findings, setting, figures);
    add_logit_frequencies(findings, setting, figures);
    add_phases(findings, setting, figures);
    return figures;
}

}  // namespace dualtape::reports
