#include "experiments/analyses/fourier/fourier_figures.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "experiments/analyses/fourier/fourier_neuron_figures.h"
#include "experiments/analyses/fourier/fourier_panels.h"
#include "experiments/report/run_tables.h"

namespace dualtape::analyses {

namespace {

using lab::Dash;
using lab::Figure;
using lab::Mark;
using lab::Panel;
using lab::Series;

// Values at the keys and elsewhere, as sticks of two colours; of three, where some keys do not pass
// a floor.
void add_sticks(Panel& panel, const std::vector<double>& k, const std::vector<double>& value,
                const std::vector<double>& is_key, const std::string& key_name,
                const std::string& other_name, const std::vector<double>& floor = {}) {
    Series keys{.name = key_name, .mark = Mark::sticks, .colour = lab::okabe_ito(0)};
    Series weak{
        .name = key_name + " below the floor", .mark = Mark::sticks, .colour = lab::okabe_ito(4)};
    Series others{.name = other_name, .mark = Mark::sticks, .colour = lab::kGrey};
    for (std::size_t i = 0; i < k.size(); ++i) {
        const bool is_weak = !floor.empty() && !(value[i] > floor[i]);
        Series& to = is_key[i] != 1 ? others : is_weak ? weak : keys;
        to.x.push_back(k[i]);
        to.y.push_back(value[i]);
    }
    for (Series* series : {&others, &weak, &keys}) {
        if (!series->x.empty()) panel.series.push_back(std::move(*series));
    }
}

lab::Axis frequency_axis() { return {.label = "frequency k"}; }

// The noise floor of the table of tokens; without one a quarter of its largest norm.
std::vector<double> floor_of(const FourierFindings& findings, const std::string& training) {
    const auto norm = findings.frequencies.last_numbers(training, "embedding_norm"),
               floor = findings.frequencies.last_numbers(training, "embedding_floor");
    if (has_numbers(floor) || !has_numbers(norm)) return floor;
    return std::vector<double>(norm.size(), *std::max_element(norm.begin(), norm.end()) / 4);
}

// How many keys of a training pass the floor of the table of tokens; NaN without a table.
double num_keys_above(const FourierFindings& findings, const std::string& training) {
    const auto norm = findings.frequencies.last_numbers(training, "embedding_norm"),
               is_key = findings.frequencies.last_numbers(training, "is_key"),
               floor = floor_of(findings, training);
    if (!has_numbers(norm)) return std::numeric_limits<double>::quiet_NaN();
    double count = 0;
    for (std::size_t i = 0; i < norm.size(); ++i) {
        count += is_key[i] == 1 && norm[i] > floor[i] ? 1 : 0;
    }
    return count;
}

// The keys are those of every text: by the rule in use. How many stand out here is another number.
std::string embedding_title(const FourierFindings& findings, bool has_floor) {
    const auto keys = over_trainings(
        findings, [](const auto& training) { return static_cast<double>(training.keys().size()); });
    const auto above = over_trainings(
        findings, [&](const auto& training) { return num_keys_above(findings, training.name); });
    const std::string number = range(keys, report::readable);
    if (number == "0") return "There is no key frequency";
    return range(above, report::readable) + " of " + number +
           (number == "1" ? " key frequency" : " key frequencies") +
           " of the network stand out in the table of tokens, above " +
           (has_floor ? "the noise floor" : "a quarter of the largest norm");
}

void add_embedding(const FourierFindings& findings, const std::string& setting,
                   std::vector<Figure>& figures) {
    TrainingPanels panels(findings, "embedding_fourier", setting, frequency_axis());
    bool has_floor = false;
    for (const FourierTraining* training : panels.shown()) {
        const auto column = [&](const char* name) {
            return findings.frequencies.last_numbers(training->name, name);
        };
        const auto k = column("frequency"), norm = column("embedding_norm"),
                   floor = column("embedding_floor"), is_key = column("is_key");
        if (!has_numbers(norm)) continue;
        Panel& panel = panels.add(*training, {.label = "norm in the table of tokens", .min = 0});
        add_sticks(panel, k, norm, is_key, "key frequency", "other frequency",
                   has_numbers(floor) ? floor : std::vector<double>());
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
        if (!has_numbers(floor)) continue;
        has_floor = true;
        panel.series.push_back(
            {.name = "noise floor", .x = k, .y = floor, .dash = Dash::dashed, .colour = "#222222"});
    }
    if (panels.is_empty()) return;
    figures.push_back(panels.finish(
        embedding_title(findings, has_floor),
        "Euclidean norm over the features of each wave of the table of tokens (for one-hots, of "
        "the first weight): sticks join cosine and sine." +
            std::string(has_floor ? " Noise floor: what permuted tokens reach. Key frequencies are "
                                    "those of the rule in use; one below the floor has a colour of "
                                    "its own."
                                  : ""),
        "Norms by frequency"));
}

void add_neuron_frequencies(const FourierFindings& findings, const std::string& setting,
                            std::vector<Figure>& figures) {
    TrainingPanels panels(findings, "neuron_frequency", setting, frequency_axis());
    std::string threshold;
    for (const FourierTraining* training : panels.shown()) {
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
    }
    if (threshold.empty()) return;
    const std::vector<double> shares = over_trainings(
        findings, [](const auto& training) { return training.number("explained_share"); });
    figures.push_back(panels.finish(
        shares.empty() ? "No neuron varies over the pairs"
                       : range(shares, whole_percent) + " of the live neurons have one frequency",
        "Neurons by the frequency that explains most of their variance; blue: " + threshold +
            " of it or more, grey on top: less.",
        "Number of neurons by frequency"));
}

void add_logit_frequencies(const FourierFindings& findings, const std::string& setting,
                           std::vector<Figure>& figures) {
    TrainingPanels panels(findings, "logit_frequencies", setting, frequency_axis());
    std::string label;
    for (const FourierTraining* training : panels.shown()) {
        const auto column = [&](const char* name) {
            return findings.frequencies.last_numbers(training->name, name);
        };
        const auto k = column("frequency"), is_key = column("is_key");
        if (k.empty()) continue;
        const bool is_difference = training->is_difference();
        label = is_difference ? "a − b" : "a + b";
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
        add(is_difference ? "a + b" : "a − b",
            is_difference ? "logit_share_sum" : "logit_share_difference", 1);
        add("a", "logit_share_a", 2);
        add("b", "logit_share_b", 3);
    }
    if (label.empty()) return;
    const std::vector<double> explained = over_trainings(findings, [&](const auto& training) {
        return findings.progress.last_numbers(training.name, "logit_fve").back();
    });
    figures.push_back(panels.finish(
        range(explained, whole_percent) + " of the variance of the logits lies on the keys",
        "Share of the variance of the logits, each class around its mean, on waves of " + label +
            " (sticks), and of other combinations of the two tokens.",
        "Shares of the variance of the logits by frequency"));
}

}  // namespace

std::vector<Figure> frequency_figures(const FourierFindings& findings, const std::string& setting) {
    std::vector<Figure> figures;
    if (findings.trainings.empty()) return figures;
    add_embedding(findings, setting, figures);
    add_neuron_frequencies(findings, setting, figures);
    if (auto figure = explained_figure(findings, setting)) figures.push_back(std::move(*figure));
    add_logit_frequencies(findings, setting, figures);
    if (auto figure = phase_figure(findings, setting)) figures.push_back(std::move(*figure));
    return figures;
}

}  // namespace dualtape::analyses
