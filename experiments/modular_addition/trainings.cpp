#include "experiments/modular_addition/trainings.h"

#include <cmath>
#include <optional>

#include "experiments/lab/safetensors.h"
#include "experiments/report/run_tables.h"
#include "experiments/report/training_groups.h"

namespace dualtape::modular_addition {

namespace {

namespace fs = std::filesystem;
using lab::Cell;

constexpr const char* kTimes[] = {"t_mem", "t_gen", "delay", "delay_ratio"};
constexpr const char* kValues[] = {"train_loss",    "test_loss",          "train_accuracy",
                                   "test_accuracy", "best_test_accuracy", "num_jumps"};

Cell cell(const std::optional<double>& value) { return value ? Cell(*value) : Cell(); }

// Values of the last step are empty for a training that has not got there.
void write_summary(const fs::path& folder, const std::vector<SeedCurve>& curves) {
    const double last = report::RunSettings(folder).number("train", "steps");
    lab::TableWriter summary(
        folder / "summary.tsv",
        {"seed", "class", "t_mem", "t_gen", "delay", "delay_ratio", "censored_at", "train_loss",
         "test_loss", "train_accuracy", "test_accuracy", "best_test_accuracy", "num_jumps"});
    lab::TableWriter jumps(folder / "jumps.tsv", {"seed", "step", "from", "to"});
    for (const auto& [seed, curve] : curves) {
        const statistics::TrainingMeasures measures = statistics::measure_training(curve);
        const auto found = statistics::find_jumps(curve.step, curve.test_accuracy);
        std::optional<double> ratio;
        if (measures.delay && *measures.t_mem > 0) ratio = *measures.t_gen / *measures.t_mem;
        const auto at_end = [&, &steps = curve.step](const std::vector<double>& values) {
            return steps.back() == last ? Cell(values.back()) : Cell();
        };
        summary.add_row(
            {seed, measures.run_class, cell(measures.t_mem), cell(measures.t_gen),
             cell(measures.delay), cell(ratio), measures.censored_at, at_end(curve.train_loss),
             at_end(curve.test_loss), at_end(curve.train_accuracy), at_end(curve.test_accuracy),
             std::isnan(curve.test_accuracy.back()) ? Cell() : Cell(measures.best_test_accuracy),
             found.size()});
        for (const statistics::Jump& jump : found) {
            jumps.add_row({seed, jump.step, jump.from, jump.to});
        }
    }
    summary.close();
    jumps.close();
}

// As of summary.tsv; a delay is followed from the step of memorising on.
std::vector<statistics::EventTime> event_times(const lab::Table& summary, const std::string& time) {
    const auto values = summary.numbers(time), ends = summary.numbers("censored_at");
    const auto memorised = summary.numbers("t_mem");
    std::vector<statistics::EventTime> times;
    for (std::size_t i = 0; i < values.size(); ++i) {
        double followed = ends[i];
        if (time == "delay") followed -= memorised[i];
        if (time == "delay_ratio") followed /= memorised[i];
        if (std::isnan(followed)) followed = std::numeric_limits<double>::infinity();
        const bool is_censored = std::isnan(values[i]);
        times.push_back({is_censored ? followed : values[i], is_censored});
    }
    return times;
}

void write_over_seeds(const fs::path& folder) {
    const lab::Table summary = lab::read_table(folder / "summary.tsv");
    lab::TableWriter table(folder / "over_seeds.tsv",
                           {"quantity", "seeds", "censored", "median", "low", "high"});
    const auto shown = [](double x) { return std::isnan(x) ? Cell() : Cell(x); };
    const auto add_row = [&](const char* quantity, const report::Estimate& estimate) {
        const bool has_interval = estimate.seeds > 1;
        table.add_row({quantity, estimate.seeds,
                       estimate.is_time ? Cell(estimate.censored) : Cell(), shown(estimate.median),
                       has_interval ? shown(estimate.low) : Cell(),
                       has_interval ? shown(estimate.high) : Cell()});
    };
    for (const char* time : kTimes)
        add_row(time, report::estimate_time(event_times(summary, time)));
    for (const char* value : kValues)
        add_row(value, report::estimate_value(summary.numbers(value)));
    table.close();
}

}  // namespace

std::vector<SeedCurve> seed_curves(const fs::path& folder) {
    const report::TrainingGroups metrics(folder / "metrics.tsv");
    std::vector<SeedCurve> curves;
    for (const report::TrainingGroups::Group& group : metrics.groups()) {
        const auto of = [&](const char* column) { return metrics.numbers(group, column); };
        curves.push_back({static_cast<std::int64_t>(of("seed")[0]),
                          {of("step"), of("train_loss"), of("test_loss"), of("train_accuracy"),
                           of("test_accuracy")}});
    }
    return curves;
}

double steps_per_epoch(const fs::path& folder) {
    const double batch = report::RunSettings(folder).number("train", "batch_size");
    if (batch == 0) return 1;
    const lab::TensorFile data = lab::read_tensors(folder / "data.safetensors");
    return std::ceil(static_cast<double>(data.tensor("train.targets").shape.at(0)) / batch);
}

void summarise_trainings(const fs::path& folder) {
    write_summary(folder, seed_curves(folder));
    write_over_seeds(folder);
}

OverSeeds::OverSeeds(const fs::path& folder) {
    const lab::Table table = lab::read_table(folder / "over_seeds.tsv");
    quantities_ = table.texts("quantity");
    const auto seeds = table.numbers("seeds"), censored = table.numbers("censored");
    const auto median = table.numbers("median");
    const auto low = table.numbers("low"), high = table.numbers("high");
    for (std::size_t i = 0; i < table.num_rows(); ++i) {
        const bool is_time = !std::isnan(censored[i]);
        estimates_.push_back(
            {seeds[i], is_time ? censored[i] : 0, is_time, median[i], low[i], high[i]});
    }
}

report::Estimate OverSeeds::estimate(const std::string& quantity) const {
    for (std::size_t i = 0; i < quantities_.size(); ++i) {
        if (quantities_[i] == quantity) return estimates_[i];
    }
    return {};
}

std::string OverSeeds::seeds() const {
    const double count = estimate("t_mem").seeds;  // which every training has, or is censored
    return count == 1
               ? "one seed"
               : report::readable(count) + " seeds, median (" + report::interval_name(count) + ")";
}

}  // namespace dualtape::modular_addition
