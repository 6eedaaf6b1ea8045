// summary.tsv, a row per training, and spikes.tsv; and the order in which the tables are derived.

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "experiments/analysis/training_measures.h"
#include "experiments/lab/table.h"
#include "experiments/reports/grokking_hessian.h"
#include "experiments/reports/grokking_hessian/acceptance.h"
#include "experiments/reports/grokking_hessian/by_depth.h"
#include "experiments/reports/grokking_hessian/reference.h"

namespace dualtape::reports {

namespace {

namespace fs = std::filesystem;
using lab::Cell;
using lab::TableWriter;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Cell cell(const std::optional<double>& value) { return value ? Cell(*value) : Cell(); }

// The value at the first visit at or after a step; NaN when there is none.
double value_from(const std::vector<double>& steps, const std::vector<double>& values,
                  double step) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i] >= step) return values[i];
    }
    return kNan;
}

double value_before(const std::vector<double>& steps, const std::vector<double>& values,
                    double step) {
    double value = kNan;
    for (std::size_t i = 0; i < steps.size() && steps[i] < step; ++i) value = values[i];
    return value;
}

analysis::LearningCurve curve_of(const SeedTable& metrics, std::int64_t depth, std::int64_t seed) {
    return {metrics.numbers("step", depth, seed), metrics.numbers("train_loss", depth, seed),
            metrics.numbers("test_loss", depth, seed),
            metrics.numbers("train_accuracy", depth, seed),
            metrics.numbers("test_accuracy", depth, seed)};
}

// Cells of one training with the names of their columns.
using NamedCells = std::vector<std::pair<std::string, Cell>>;

NamedCells summarise_training(std::int64_t depth, std::int64_t seed,
                              const analysis::LearningCurve& curve, const SeedTable& curvature) {
    const analysis::TrainingMeasures measures = analysis::measure_training(curve);
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
    const Cell at_grokking =
        measures.t_grok ? Cell(value_from(visits, sharpness, *measures.t_grok)) : Cell();
    return {{"depth", depth},
            {"seed", seed},
            {"class", measures.run_class},
            {"t_mem", cell(measures.t_mem)},
            {"t_gen", cell(measures.t_gen)},
            {"t_grok", cell(measures.t_grok)},
            {"delay", cell(measures.delay)},
            {"delay_ratio", cell(ratio)},
            {"censored_at", measures.censored_at},
            {"train_loss", curve.train_loss.back()},
            {"test_loss", curve.test_loss.back()},
            {"train_accuracy", curve.train_accuracy.back()},
            {"test_accuracy", curve.test_accuracy.back()},
            {"best_test_accuracy", measures.best_test_accuracy},
            {"generalisation_gap", measures.generalisation_gap},
            {"lambda_max_initial", has_visits ? sharpness.front() : kNan},
            {"lambda_max_at_1000", value_from(visits, sharpness, 1000)},
            {"lambda_max_final", has_visits ? sharpness.back() : kNan},
            {"lambda_max_grok", at_grokking},
            {"lambda_max_peak", has_visits ? *peak : kNan},
            {"step_of_peak",
             has_visits ? visits[static_cast<std::size_t>(peak - sharpness.begin())] : kNan},
            {"unconverged_visits", unconverged},
            {"products", products},
            {"num_spikes", analysis::find_spikes(curve.step, curve.train_loss).size()},
            {"num_jumps", analysis::find_jumps(curve.step, curve.test_accuracy).size()}};
}

void write_summary(const fs::path& folder, const SeedTable& metrics, const SeedTable& curvature) {
    std::optional<TableWriter> summary;
    for (const std::int64_t depth : metrics.depths()) {
        for (const std::int64_t seed : metrics.seeds()) {
            const analysis::LearningCurve curve = curve_of(metrics, depth, seed);
            if (curve.step.empty()) continue;
            std::vector<std::string> columns;
            std::vector<Cell> cells;
            for (const auto& [name, value] : summarise_training(depth, seed, curve, curvature)) {
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
void write_spikes(const fs::path& folder, const SeedTable& metrics, const SeedTable& curvature) {
    TableWriter table(folder / "spikes.tsv", {"depth", "seed", "step", "train_loss", "height",
                                              "lambda_max_before", "lambda_max_after"});
    for (const std::int64_t depth : metrics.depths()) {
        for (const std::int64_t seed : metrics.seeds()) {
            const analysis::LearningCurve curve = curve_of(metrics, depth, seed);
            const std::vector<double> visits = curvature.numbers("step", depth, seed);
            const std::vector<double> sharpness = curvature.numbers("lambda_max", depth, seed);
            for (const auto& spike : analysis::find_spikes(curve.step, curve.train_loss)) {
                table.add_row({depth, seed, spike.step, spike.loss, spike.height,
                               value_before(visits, sharpness, spike.step),
                               value_from(visits, sharpness, spike.step)});
            }
        }
    }
    table.close();
}

}  // namespace

void summarise(const fs::path& folder) {
    const SeedTable metrics(folder / "metrics.tsv"), curvature(folder / "curvature.tsv");
    write_summary(folder, metrics, curvature);
    write_spikes(folder, metrics, curvature);
    const SeedTable summary(folder / "summary.tsv");
    write_by_depth(folder, summary);
    write_classes(folder, summary);
    write_reference(folder, summary, curvature);
    write_acceptance(folder, summary, curvature);
}

}  // namespace dualtape::reports
