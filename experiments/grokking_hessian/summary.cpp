// summary.tsv, a row per training, and spikes.tsv; and the order in which the tables are derived.

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "experiments/grokking_hessian/acceptance.h"
#include "experiments/grokking_hessian/by_depth.h"
#include "experiments/grokking_hessian/reference.h"
#include "experiments/grokking_hessian/report.h"
#include "experiments/lab/table.h"
#include "experiments/statistics/training_measures.h"

namespace dualtape::grokking_hessian {

namespace {

namespace fs = std::filesystem;
using lab::Cell;
using lab::TableWriter;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Cell cell(const std::optional<double>& value) { return value ? Cell(*value) : Cell(); }
Cell shown(double value) { return std::isnan(value) ? Cell() : Cell(value); }

// The value at the visit of exactly this step; NaN when there is none.
double value_at(const std::vector<double>& steps, const std::vector<double>& values, double step) {
    const auto place = std::find(steps.begin(), steps.end(), step);
    return place == steps.end() ? kNan : values[static_cast<std::size_t>(place - steps.begin())];
}

// The first visit at or after a step; NaN when there is none.
double first_visit_from(const std::vector<double>& steps, double step) {
    for (const double visit : steps) {
        if (visit >= step) return visit;
    }
    return kNan;
}

double value_before(const std::vector<double>& steps, const std::vector<double>& values,
                    double step) {
    double value = kNan;
    for (std::size_t i = 0; i < steps.size() && steps[i] < step; ++i) value = values[i];
    return value;
}

statistics::LearningCurve curve_of(const report::SeedTable& metrics, std::int64_t depth,
                                   std::int64_t seed) {
    return {metrics.numbers("step", depth, seed), metrics.numbers("train_loss", depth, seed),
            metrics.numbers("test_loss", depth, seed),
            metrics.numbers("train_accuracy", depth, seed),
            metrics.numbers("test_accuracy", depth, seed)};
}

// Cells of one training with the names of their columns.
using NamedCells = std::vector<std::pair<std::string, Cell>>;

// Values of a step are of that step: cells are empty where there is no log or visit at it. last:
// the step at which the training should end.
NamedCells summarise_training(std::int64_t depth, std::int64_t seed, double last,
                              const statistics::LearningCurve& curve,
                              const report::SeedTable& curvature) {
    const statistics::TrainingMeasures measures = statistics::measure_training(curve);
    const std::vector<double> visits = curvature.numbers("step", depth, seed);
    const std::vector<double> sharpness = curvature.numbers("lambda_max", depth, seed);
    const auto peak = std::max_element(sharpness.begin(), sharpness.end());
    const bool has_visits = !visits.empty();
    std::ptrdiff_t unconverged = 0;
    for (const std::string& status : curvature.texts("status", depth, seed)) {
        unconverged += status == "converged" ? 0 : 1;
    }
    double products = 0;
    for (const double p : curvature.numbers("products", depth, seed)) products += p;
    std::optional<double> ratio;
    if (measures.delay && *measures.t_mem > 0) ratio = *measures.t_gen / *measures.t_mem;
    const double grokked = measures.t_grok ? first_visit_from(visits, *measures.t_grok) : kNan;
    const auto sharpness_at = [&](double step) { return shown(value_at(visits, sharpness, step)); };
    const auto at_end = [&](double value) {
        return curve.step.back() == last ? Cell(value) : Cell();
    };
    return {{"depth", depth},
            {"seed", seed},
            {"class", measures.run_class},
            {"t_mem", cell(measures.t_mem)},
            {"t_gen", cell(measures.t_gen)},
            {"t_grok", cell(measures.t_grok)},
            {"delay", cell(measures.delay)},
            {"delay_ratio", cell(ratio)},
            {"censored_at", measures.censored_at},
            {"train_loss", at_end(curve.train_loss.back())},
            {"test_loss", at_end(curve.test_loss.back())},
            {"train_accuracy", at_end(curve.train_accuracy.back())},
            {"test_accuracy", at_end(curve.test_accuracy.back())},
            {"best_test_accuracy", measures.best_test_accuracy},
            {"generalisation_gap", at_end(measures.generalisation_gap)},
            {"lambda_max_initial", sharpness_at(0)},
            {"lambda_max_at_1000", sharpness_at(1000)},
            {"lambda_max_final", sharpness_at(last)},
            {"lambda_max_grok", sharpness_at(grokked)},
            {"step_of_grok", shown(grokked)},
            {"lambda_max_peak", has_visits ? *peak : kNan},
            {"step_of_peak",
             has_visits ? visits[static_cast<std::size_t>(peak - sharpness.begin())] : kNan},
            {"unconverged_visits", unconverged},
            {"products", products},
            {"num_spikes", statistics::find_spikes(curve.step, curve.train_loss).size()},
            {"num_jumps", statistics::find_jumps(curve.step, curve.test_accuracy).size()}};
}

void write_summary(const fs::path& folder, const report::SeedTable& metrics,
                   const report::SeedTable& curvature) {
    const double last = report::RunSettings(folder).number("train", "steps");
    std::optional<TableWriter> summary;
    for (const std::int64_t depth : metrics.depths()) {
        for (const std::int64_t seed : metrics.seeds()) {
            const statistics::LearningCurve curve = curve_of(metrics, depth, seed);
            if (curve.step.empty()) continue;
            std::vector<std::string> columns;
            std::vector<Cell> cells;
            for (const auto& [name, value] :
                 summarise_training(depth, seed, last, curve, curvature)) {
                columns.push_back(name);
                cells.push_back(value);
            }
            if (!summary) summary.emplace(folder / "summary.tsv", columns);
            summary->add_row(cells);
        }
    }
    if (summary) summary->close();
}

// One row per loss spike, with the sharpness at the visits on either side.
void write_spikes(const fs::path& folder, const report::SeedTable& metrics,
                  const report::SeedTable& curvature) {
    TableWriter table(folder / "spikes.tsv", {"depth", "seed", "step", "train_loss", "height",
                                              "lambda_max_before", "lambda_max_after"});
    for (const std::int64_t depth : metrics.depths()) {
        for (const std::int64_t seed : metrics.seeds()) {
            const statistics::LearningCurve curve = curve_of(metrics, depth, seed);
            const std::vector<double> visits = curvature.numbers("step", depth, seed);
            const std::vector<double> sharpness = curvature.numbers("lambda_max", depth, seed);
            for (const auto& spike : statistics::find_spikes(curve.step, curve.train_loss)) {
                table.add_row({depth, seed, spike.step, spike.loss, spike.height,
                               value_before(visits, sharpness, spike.step),
                               value_at(visits, sharpness, first_visit_from(visits, spike.step))});
            }
        }
    }
    table.close();
}

}  // namespace

void summarise(const fs::path& folder) {
    const report::SeedTable metrics(folder / "metrics.tsv"), curvature(folder / "curvature.tsv");
    write_summary(folder, metrics, curvature);
    write_spikes(folder, metrics, curvature);
    const report::SeedTable summary(folder / "summary.tsv");
    write_by_depth(folder, summary);
    write_classes(folder, summary);
    write_reference(folder, summary, curvature);
    write_acceptance(folder, summary, curvature);
}

}  // namespace dualtape::grokking_hessian
