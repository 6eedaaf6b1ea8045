#include "experiments/circuit_emergence/trainings.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "experiments/circuit_emergence/by_width.h"
#include "experiments/report/estimates.h"
#include "experiments/report/run_tables.h"

namespace dualtape::circuit_emergence {

namespace {

namespace fs = std::filesystem;
using lab::Cell;

Cell cell(double value) { return std::isnan(value) ? Cell() : Cell(value); }
Cell cell(const std::optional<double>& value) { return value ? Cell(*value) : Cell(); }

// Values of the last step are empty for a training that has not got there. last: that step.
std::vector<Cell> summary_row(const LoggedTraining& training, double last, const KeyFrequency& key,
                              const KeyFrequency& wave) {
    const statistics::LearningCurve& curve = training.curve;
    const statistics::TrainingMeasures measures = statistics::measure_training(curve);
    const bool has_test = training.has_test();
    const auto at_end = [&](const std::vector<double>& values) {
        return curve.step.back() == last ? cell(values.back()) : Cell();
    };
    const std::string run_class =
        has_test ? measures.run_class : std::string(measures.t_mem ? "fitted" : "not fitted");
    return {training.width,
            training.seed,
            run_class,
            cell(measures.t_mem),
            cell(measures.t_gen),
            cell(measures.t_grok),
            cell(measures.delay),
            measures.censored_at,
            at_end(curve.train_loss),
            at_end(curve.test_loss),
            at_end(curve.train_accuracy),
            at_end(curve.test_accuracy),
            has_test ? Cell(measures.best_test_accuracy) : Cell(),
            statistics::find_jumps(curve.step, curve.test_accuracy).size(),
            key.frequency == 0 ? Cell() : Cell(key.frequency),
            key.node,
            cell(key.r2),
            wave.frequency == 0 ? Cell() : Cell(wave.frequency),
            wave.node,
            cell(wave.r2)};
}

}  // namespace

bool LoggedTraining::has_test() const {
    return std::any_of(curve.test_accuracy.begin(), curve.test_accuracy.end(),
                       [](double accuracy) { return !std::isnan(accuracy); });
}

std::vector<LoggedTraining> logged_trainings(const fs::path& folder) {
    const lab::Table table = lab::read_table(folder / "metrics.tsv");
    const auto widths = table.numbers("width"), seeds = table.numbers("seed");
    const auto steps = table.numbers("step");
    const auto train_loss = table.numbers("train_loss"), test_loss = table.numbers("test_loss");
    const auto train_accuracy = table.numbers("train_accuracy");
    const auto test_accuracy = table.numbers("test_accuracy");
    std::vector<LoggedTraining> all;
    for (std::size_t i = 0; i < table.num_rows(); ++i) {
        const auto width = static_cast<std::int64_t>(widths[i]);
        const auto seed = static_cast<std::int64_t>(seeds[i]);
        const auto is_it = [&](const LoggedTraining& training) {
            return training.width == width && training.seed == seed;
        };
        auto training = std::find_if(all.begin(), all.end(), is_it);
        if (training == all.end()) training = all.insert(all.end(), {width, seed, {}});
        training->curve.step.push_back(steps[i]);
        training->curve.train_loss.push_back(train_loss[i]);
        training->curve.test_loss.push_back(test_loss[i]);
        training->curve.train_accuracy.push_back(train_accuracy[i]);
        training->curve.test_accuracy.push_back(test_accuracy[i]);
    }
    return all;
}

void write_summary(const fs::path& folder, const ProbeRows& rows,
                   const std::vector<OverFrequencies>& frequencies) {
    lab::TableWriter table(folder / "summary.tsv", {"width",
                                                    "seed",
                                                    "class",
                                                    "t_mem",
                                                    "t_gen",
                                                    "t_grok",
                                                    "delay",
                                                    "censored_at",
                                                    "train_loss",
                                                    "test_loss",
                                                    "train_accuracy",
                                                    "test_accuracy",
                                                    "best_test_accuracy",
                                                    "num_jumps",
                                                    "key_frequency",
                                                    "key_node",
                                                    "key_r2",
                                                    "wave_frequency",
                                                    "wave_node",
                                                    "wave_r2"});
    const double last = report::RunSettings(folder).number("train", "steps");
    for (const LoggedTraining& training : logged_trainings(folder)) {
        table.add_row(summary_row(training, last,
                                  key_frequency(rows, frequencies, training.width, training.seed),
                                  key_wave(rows, frequencies, training.width, training.seed)));
    }
    table.close();
}

Summary::Summary(const fs::path& folder) : table_(lab::read_table(folder / "summary.tsv")) {
    std::set<double> seeds;
    for (const double seed : table_.numbers("seed")) seeds.insert(seed);
    num_seeds_ = seeds.size();
    for (const double width : table_.numbers("width")) {
        row_width_.push_back(static_cast<std::int64_t>(width));
    }
    widths_ = row_width_;
    std::sort(widths_.begin(), widths_.end());
    widths_.erase(std::unique(widths_.begin(), widths_.end()), widths_.end());
    for (const double best : table_.numbers("best_test_accuracy")) has_test_ |= !std::isnan(best);
}

std::vector<double> Summary::numbers(std::int64_t width, const char* column) const {
    const std::vector<double> all = table_.numbers(column);
    std::vector<double> own;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (row_width_[i] == width) own.push_back(all[i]);
    }
    return own;
}

std::vector<std::string> Summary::texts(std::int64_t width, const char* column) const {
    const std::vector<std::string> all = table_.texts(column);
    std::vector<std::string> own;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (row_width_[i] == width) own.push_back(all[i]);
    }
    return own;
}

std::string Summary::share(std::int64_t width, const char* time) const {
    const std::vector<double> times = numbers(width, time);
    const auto reached =
        std::count_if(times.begin(), times.end(), [](double step) { return !std::isnan(step); });
    return std::to_string(reached) + " of " + std::to_string(times.size());
}

bool Summary::all_reach(std::int64_t width, const char* time) const {
    const std::vector<double> times = numbers(width, time);
    return std::none_of(times.begin(), times.end(), [](double step) { return std::isnan(step); });
}

std::string Summary::time(std::int64_t width, const char* time) const {
    const std::vector<double> times = numbers(width, time), ends = numbers(width, "censored_at");
    std::vector<statistics::EventTime> events;
    for (std::size_t i = 0; i < times.size(); ++i) {
        const bool is_censored = std::isnan(times[i]);
        events.push_back({is_censored ? ends[i] : times[i], is_censored});
    }
    return report::text_of(report::estimate_time(events));
}

std::string Summary::mean(std::int64_t width, const char* column) const {
    std::vector<Measured> values;
    for (const double value : numbers(width, column)) {
        if (!std::isnan(value)) values.push_back({.value = value});
    }
    return text_of(over_seeds(values, {0, 1}).mean);
}

}  // namespace dualtape::circuit_emergence
