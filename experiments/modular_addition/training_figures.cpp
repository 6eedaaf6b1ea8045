#include "experiments/modular_addition/training_figures.h"

#include <cmath>

#include "experiments/modular_addition/trainings.h"
#include "experiments/report/decisions.h"
#include "experiments/report/run_tables.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::modular_addition {

namespace {

namespace fs = std::filesystem;
using lab::Dash;
using lab::Panel;
using lab::Scale;
using lab::Series;
using statistics::LearningCurve;

// A line of all seeds: their median, and the band of its interval. A training that diverged ends
// early, and so do all lines.
Series line_of(const std::vector<SeedCurve>& curves, std::vector<double> LearningCurve::*column,
               double steps_per_unit) {
    std::size_t length = curves[0].curve.step.size();
    for (const SeedCurve& seed : curves) length = std::min(length, seed.curve.step.size());
    std::vector<std::vector<double>> values;
    for (const SeedCurve& seed : curves) {
        const std::vector<double>& all = seed.curve.*column;
        values.emplace_back(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(length));
    }
    const statistics::Band band = statistics::median_band(values);
    Series series;
    for (std::size_t i = 0; i < length; ++i) {
        series.x.push_back(curves[0].curve.step[i] / steps_per_unit);
    }
    series.y = band.middle;
    if (curves.size() > 1) {
        series.low = band.low;
        series.high = band.high;
    }
    return series;
}

// logs: the steps of metrics.tsv, between which the accuracies are not known.
std::string title_of(const OverSeeds& found, const std::vector<double>& logs, double unit,
                     const std::string& word) {
    const report::Estimate memorised = found.estimate("t_mem"),
                           generalised = found.estimate("t_gen");
    const auto by = [&](const report::Estimate& of) {
        return "by " + word + " " + report::readable(of.median / unit);
    };
    if (!std::isfinite(memorised.median)) return "The training pairs are not fitted";
    if (!std::isfinite(generalised.median)) {
        return "Training pairs are fitted " + by(memorised) + ", test pairs are not";
    }
    const auto first = report::seen_at(logs, memorised.median),
               second = report::seen_at(logs, generalised.median);
    switch (first && second ? report::delay_of(*first, *second) : report::Delay::undecided) {
        case report::Delay::follows:
            return "Test pairs follow " + by(generalised) + ", training pairs are fitted " +
                   by(memorised);
        case report::Delay::together:
            return "Training and test pairs are learned together, " + by(generalised);
        case report::Delay::undecided:
            break;
    }
    return "Training pairs are fitted " + by(memorised) + ", test pairs " + by(generalised);
}

}  // namespace

std::string setting_of(const fs::path& folder) {
    const report::RunSettings settings(folder);
    const auto number = [&](const char* section, const char* key) {
        return report::readable(settings.number(section, key));
    };
    std::string text =
        report::in_words(settings.text("task", "operation")) + " mod " + number("task", "p");
    const std::string input = settings.text("model", "input");
    text += input == "embedding" ? ", embedding of " + number("model", "embedding_width")
                                 : ", " + report::in_words(input);
    text += ", hidden layer of " + number("model", "width") + ", train share " +
            number("task", "train_fraction") + ", " +
            report::in_words(settings.text("optimiser", "optimiser")) + " with weight decay " +
            number("optimiser", "weight_decay");
    return text;
}

lab::Figure training_curves(const fs::path& folder) {
    const std::vector<SeedCurve> curves = seed_curves(folder);
    const double per_epoch = steps_per_epoch(folder);
    const std::string word = per_epoch > 1 ? "epoch" : "step";
    lab::Figure figure;
    figure.stem = "training_curves";
    figure.title = title_of(OverSeeds(folder), curves[0].curve.step, per_epoch, word);
    figure.subtitle = setting_of(folder) + ", " +
                      (curves.size() == 1 ? "one seed" : std::to_string(curves.size()) + " seeds");
    figure.caption =
        "Cross-entropy and accuracy on the training pairs (solid) and on the held-out pairs "
        "(dashed), measured after the update; the title names the first log of an event, and logs "
        "are " +
        report::readable(report::RunSettings(folder).number("train", "log_every")) +
        " steps apart." +
        std::string(curves.size() > 1 ? " Lines are medians over the seeds, bands 95 % bootstrap "
                                        "intervals of the median."
                                      : " One seed.");
    figure.alt = "Train and test loss above train and test accuracy, against the " + word + ".";
    figure.x = {.label = word, .scale = Scale::log};
    const double p = report::RunSettings(folder).number("task", "p");
    const auto add = [&](Panel& panel, const char* name, std::vector<double> LearningCurve::*of,
                         int colour, Dash dash) {
        Series series = line_of(curves, of, per_epoch);
        series.name = name;
        series.colour = lab::okabe_ito(colour);
        series.dash = dash;
        panel.series.push_back(std::move(series));
    };
    Panel& loss = figure.add_panel({.label = "cross-entropy (nats)", .scale = Scale::log});
    add(loss, "train", &LearningCurve::train_loss, 0, Dash::solid);
    add(loss, "test", &LearningCurve::test_loss, 1, Dash::dashed);
    loss.references.push_back(
        {.at = std::log(p), .label = "uniform guess", .dash = Dash::dash_dotted});
    Panel& accuracy = figure.add_panel({.label = "accuracy", .min = 0, .max = 1.05});
    add(accuracy, "train", &LearningCurve::train_accuracy, 0, Dash::solid);
    add(accuracy, "test", &LearningCurve::test_accuracy, 1, Dash::dashed);
    const auto alarms = statistics::find_jumps(curves[0].curve.step, curves[0].curve.test_accuracy);
    for (const statistics::Jump& jump : alarms) {
        accuracy.references.push_back({.kind = lab::Reference::Kind::vertical,
                                       .at = jump.step / per_epoch,
                                       .label = "grokking alarm",
                                       .dash = Dash::dotted});
    }
    if (!alarms.empty()) {
        figure.caption +=
            " Dotted verticals: test accuracy rose by more than 0.3 since the log "
            "before, seed " +
            std::to_string(curves[0].seed) + ".";
    }
    return figure;
}

}  // namespace dualtape::modular_addition
