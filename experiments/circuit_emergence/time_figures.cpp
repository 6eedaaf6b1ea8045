// Probes over the training, above the accuracy of the task.

#include <algorithm>
#include <map>

#include "experiments/circuit_emergence/figures.h"
#include "experiments/report/decisions.h"
#include "experiments/report/step_axis.h"

namespace dualtape::circuit_emergence {

namespace {

using lab::Figure;
using lab::Panel;
using lab::Series;

// Of so few seeds each has a line of its own: an interval over them says nothing at a glance.
constexpr std::size_t kFewSeeds = 3;

// What each seed has at each probed step.
using TimeCourse = std::map<double, std::map<std::int64_t, Measured>>;

TimeCourse course_of_concept(const Findings& found, std::int64_t width, const std::string& node,
                             const std::string& topic) {
    TimeCourse course;
    for (const ScoreRow& row : found.rows.scores) {
        if (row.at.width != width || row.at.node != node || row.topic != topic) continue;
        if (row.is_held_out_probe() && row.accuracy.value == row.accuracy.value) {
            course[row.at.step][row.at.seed] = row.accuracy;
        }
    }
    return course;
}

TimeCourse course_of_sum(const Findings& found, std::int64_t width, const std::string& node) {
    TimeCourse course;
    for (const OverFrequencies& row : found.frequencies) {
        if (row.at.width != width || row.at.node != node || row.operand != "sum") continue;
        if (row.best_frequency > 0) course[row.at.step][row.at.seed] = {.value = row.mean_r2};
    }
    return course;
}

Measured mean_of(const std::map<std::int64_t, Measured>& seeds) {
    std::vector<Measured> values;
    for (const auto& [seed, value] : seeds) values.push_back(value);
    return over_seeds(values, {-1, 1}).mean;  // accuracies and R^2
}

void add_lines(const Findings& found, Panel& panel, const auto& course_of) {
    const bool has_line_per_seed = !found.is_one_seed() && found.summary.num_seeds() <= kFewSeeds;
    for (std::size_t i = 0; i < found.rows.nodes.size(); ++i) {
        std::map<std::int64_t, Series> lines;  // by seed, or one
        for (const auto& [step, seeds] : course_of(found.rows.nodes[i])) {
            if (!has_line_per_seed) {
                add_point(lines[0], step, mean_of(seeds));
                continue;
            }
            for (const auto& [seed, value] : seeds) {
                lines[seed].x.push_back(step);
                lines[seed].y.push_back(value.value);
            }
        }
        for (auto& [seed, line] : lines) {
            line.name = analyses::node_label(found.rows.nodes[i]);
            line.colour = lab::okabe_ito(static_cast<int>(i));
            panel.series.push_back(std::move(line));
        }
    }
}

void add_task(const std::vector<LoggedTraining>& trainings, std::int64_t width, Panel& panel) {
    for (const LoggedTraining& training : trainings) {
        if (training.width != width) continue;
        const statistics::LearningCurve& curve = training.curve;
        panel.series.push_back(
            {.name = "train", .x = curve.step, .y = curve.train_accuracy, .colour = "#000000"});
        if (!training.has_test()) continue;
        panel.series.push_back({.name = "test",
                                .x = curve.step,
                                .y = curve.test_accuracy,
                                .dash = lab::Dash::dashed,
                                .colour = "#000000"});
    }
}

// Between which checkpoints the mean R^2 of the deepest hidden layer reaches half of what it ends
// with.
std::string rise_in_words(const Findings& found, std::int64_t width) {
    const std::string node = found.rows.deepest_hidden();
    std::vector<double> steps, means;
    for (const auto& [step, seeds] : course_of_sum(found, width, node)) {
        steps.push_back(step);
        means.push_back(mean_of(seeds).value);
    }
    if (steps.size() < 2) return "Probed at one step alone";
    const std::string final = "final mean R^{2} of x + y at " + analyses::node_label(node) + ", " +
                              report::readable_short(means.back());
    const auto half = report::first_reaching(steps, means, means.back() / 2);
    if (!(means.back() > 0) || !half) return "The " + final;
    return "Half of the " + final + ", is reached " + report::in_words(*half);
}

}  // namespace

Figure accuracy_by_step(const Findings& found, const std::vector<LoggedTraining>& trainings,
                        std::int64_t width) {
    const std::string name = "width " + std::to_string(width);
    Figure figure =
        figure_of(found, "probe_accuracy_vs_time_width" + std::to_string(width), name,
                  "Accuracy of probes over training at " + name + ", above that of the task.");
    for (const std::string& topic : found.shown_concepts()) {
        Panel& panel = figure.add_panel(accuracy_axis(), name_of_concept(topic));
        add_lines(found, panel, [&](const std::string& node) {
            return course_of_concept(found, width, node, topic);
        });
        if (panel.series.empty()) figure.panels.pop_back();
    }
    add_lines(found,
              figure.add_panel({.label = "mean R^{2}"},
                               "Fourier features of x + y, mean over frequencies"),
              [&](const std::string& node) { return course_of_sum(found, width, node); });
    add_task(trainings, width,
             figure.add_panel({.label = "task accuracy", .min = 0, .max = 1.02}, "the task"));
    figure.x = report::step_axis(figure);
    figure.title = rise_in_words(found, width);
    figure.caption =
        "Width " + std::to_string(width) +
        ": held-out accuracy of linear probes and mean R^{2} of the frequencies of x + y, at the "
        "checkpoints; below, accuracy of the network itself, always a line per seed." +
        (found.is_one_seed() || found.summary.num_seeds() > kFewSeeds
             ? found.interval_note()
             : " Probes have a line per seed, too; the title speaks of their mean.");
    return figure;
}

}  // namespace dualtape::circuit_emergence
