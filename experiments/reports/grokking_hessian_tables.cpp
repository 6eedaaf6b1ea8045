// Tables that are derived from the rows of the trainings, and what the manifest takes from them.

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <span>

#include "experiments/analysis/statistics.h"
#include "experiments/analysis/training_measures.h"
#include "experiments/lab/safetensors.h"
#include "experiments/lab/sha256.h"
#include "experiments/lab/task_tables.h"
#include "experiments/reports/grokking_hessian.h"
#include "experiments/reports/grokking_hessian_reference.h"
#include "experiments/reports/run_tables.h"

namespace dualtape::reports {

namespace {

namespace fs = std::filesystem;
using lab::Cell;
using lab::TableWriter;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kShortest = 1000;  // steps; shorter trainings claim nothing
constexpr double kInfinity = std::numeric_limits<double>::infinity();

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

// One row per training.
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

// Medians over seeds. Censored times count as later than every other; a median of them is empty.
void write_medians(const fs::path& folder, const SeedTable& summary) {
    TableWriter table(folder / "by_depth.tsv",
                      {"depth", "quantity", "seeds", "censored", "median", "low", "high"});
    const std::vector<std::string> times{"t_mem", "t_gen", "t_grok", "delay", "delay_ratio"};
    const std::vector<std::string> quantities{"t_mem",
                                              "t_gen",
                                              "t_grok",
                                              "delay",
                                              "delay_ratio",
                                              "train_loss",
                                              "test_loss",
                                              "train_accuracy",
                                              "test_accuracy",
                                              "best_test_accuracy",
                                              "generalisation_gap",
                                              "lambda_max_initial",
                                              "lambda_max_at_1000",
                                              "lambda_max_final",
                                              "lambda_max_grok",
                                              "lambda_max_peak",
                                              "step_of_peak"};
    for (const std::int64_t depth : summary.depths()) {
        for (const std::string& quantity : quantities) {
            std::vector<double> values = summary.first(quantity, depth);
            const bool is_time = std::find(times.begin(), times.end(), quantity) != times.end();
            std::size_t censored = 0;
            for (double& value : values) {
                if (!is_time || !std::isnan(value)) continue;
                value = kInfinity;
                ++censored;
            }
            std::erase_if(values, [](double value) { return std::isnan(value); });
            const double middle = analysis::median(values);
            const analysis::Interval interval = analysis::median_interval(values, 0);
            const auto finite = [](double x) { return std::isfinite(x) ? Cell(x) : Cell(); };
            table.add_row({depth, quantity, values.size(), censored, finite(middle),
                           values.size() > 1 ? finite(interval.low) : Cell(),
                           values.size() > 1 ? finite(interval.high) : Cell()});
        }
    }
    table.close();
}

std::vector<double> medians(const SeedTable& summary, const char* quantity) {
    std::vector<double> values;
    for (const std::int64_t depth : summary.depths()) {
        values.push_back(analysis::median(summary.first(quantity, depth)));
    }
    return values;
}

std::string list(const SeedTable& summary, const std::vector<double>& values) {
    std::string text;
    for (std::size_t i = 0; i < values.size(); ++i) {
        text += (i == 0 ? "" : ", ") + ("depth " + std::to_string(summary.depths()[i])) + ": " +
                readable(values[i]);
    }
    return text;
}

// Visits after step 1000 at which every deeper network is sharper than depth 1, in medians.
std::string ordering_after_1000(const SeedTable& curvature, bool& holds) {
    const auto shallow = curvature.over_seeds("lambda_max", 1);
    const auto steps = curvature.over_seeds("step", 1);
    int visits = 0, ordered = 0;
    for (std::size_t i = 0; i < steps[0].size(); ++i) {
        if (steps[0][i] <= 1000) continue;
        bool is_ordered = true;
        for (const std::int64_t depth : curvature.depths()) {
            if (depth < 2) continue;
            std::vector<double> here, there;
            for (const auto& curve : shallow) here.push_back(curve[i]);
            for (const auto& curve : curvature.over_seeds("lambda_max", depth)) {
                if (i < curve.size()) there.push_back(curve[i]);
            }
            is_ordered = is_ordered && analysis::median(there) > analysis::median(here);
        }
        ++visits;
        ordered += is_ordered ? 1 : 0;
    }
    holds = visits > 0 && ordered == visits;
    return std::to_string(ordered) + " of " + std::to_string(visits) + " visits";
}

void write_acceptance(const fs::path& folder, const SeedTable& summary,
                      const SeedTable& curvature) {
    TableWriter table(folder / "acceptance.tsv", {"statement", "measured", "holds"});
    const auto all = [](const std::vector<double>& values, const std::function<bool(double)>& f) {
        return std::all_of(values.begin(), values.end(), f);
    };
    if (RunSettings(folder).number("train", "steps") < kShortest) return;
    if (is_published_setting(folder)) {
        const auto best = medians(summary, "best_test_accuracy");
        const auto initial = medians(summary, "lambda_max_initial");
        bool nothing_groks = true;
        for (const std::int64_t depth : summary.depths()) {
            const auto grokked = summary.first("t_grok", depth);
            nothing_groks = nothing_groks && all(grokked, [](double t) { return std::isnan(t); });
        }
        table.add_row({"no depth reaches 0.1 test accuracy", list(summary, best),
                       all(best, [](double a) { return a < 0.1; })});
        table.add_row({"the grokking step is censored at every depth",
                       nothing_groks ? "no depth groks" : "some depth groks", nothing_groks});
        table.add_row({"sharpness falls with depth at step 0", list(summary, initial),
                       std::is_sorted(initial.rbegin(), initial.rend())});
        if (summary.depths().front() == 1 && summary.depths().size() > 1 &&
            curvature.over_seeds("step", 1)[0].back() > 1000) {
            bool holds = false;
            const std::string measured = ordering_after_1000(curvature, holds);
            table.add_row(
                {"after step 1000 every deeper network is sharper than depth 1", measured, holds});
        }
    } else {
        for (const std::int64_t depth : {1, 2}) {
            const auto mem = summary.first("t_mem", depth), gen = summary.first("t_gen", depth);
            if (mem.empty()) continue;
            const auto ratio = summary.first("delay_ratio", depth);
            const std::string name = "depth " + std::to_string(depth);
            table.add_row({name + " reaches 0.95 test accuracy after 0.99 train accuracy",
                           "generalised at " + readable_median(gen) + ", memorised at " +
                               readable_median(mem),
                           all(summary.first("delay", depth), [](double d) { return d > 0; })});
            table.add_row(
                {name + " generalises at 3 times the step at which it memorised, or later",
                 "ratio " + readable_median(ratio), all(ratio, [](double r) { return r >= 3; })});
        }
    }
    table.close();
}

void write_reference(const fs::path& folder, const SeedTable& summary) {
    if (!is_published_setting(folder)) return;
    TableWriter table(folder / "reference.tsv",
                      {"depth", "source", "lambda_max_at_0", "lambda_max_at_1000",
                       "lambda_max_at_9000", "train_loss", "test_loss", "best_test_accuracy"});
    const SeedTable curvature(folder / "curvature.tsv");
    for (const std::int64_t depth : summary.depths()) {
        for (const Published& row : kPublished) {
            if (row.depth != depth) continue;
            table.add_row({depth, "published", row.lambda_max_at_0, row.lambda_max_at_1000,
                           row.lambda_max_at_9000, row.train_loss, row.test_loss,
                           row.best_test_accuracy});
        }
        std::vector<double> late;
        for (const std::int64_t seed : curvature.seeds()) {
            late.push_back(value_from(curvature.numbers("step", depth, seed),
                                      curvature.numbers("lambda_max", depth, seed), 9000));
        }
        const auto middle = [&](const char* quantity) {
            return analysis::median(summary.first(quantity, depth));
        };
        table.add_row({depth, "measured", middle("lambda_max_initial"),
                       middle("lambda_max_at_1000"), analysis::median(late), middle("train_loss"),
                       middle("test_loss"), middle("best_test_accuracy")});
    }
    table.close();
}

template <class Value>
void add_tensor(lab::TensorFile& file, const std::string& name, const std::vector<Value>& values,
                std::int64_t columns) {
    std::vector<std::int64_t> shape{static_cast<std::int64_t>(values.size()) / columns};
    if (columns > 1) shape.push_back(columns);
    file.add<Value>(name, shape, std::span(values));
}

}  // namespace

std::vector<std::string> metrics_columns() {
    return {"depth",          "seed",          "step",          "train_loss", "test_loss",
            "train_accuracy", "test_accuracy", "gradient_norm", "theta_norm", "learning_rate"};
}

void write_data(lab::Run& run, const data::Task& task, const data::Split& split, std::uint64_t seed,
                bool is_first) {
    lab::TensorFile file;
    file.metadata["inputs"] =
        "integer pairs (a, b) of " + task.name + " modulo " + std::to_string(task.p);
    const auto add_part = [&](const std::string& part, const std::vector<std::int32_t>& samples) {
        std::vector<std::int32_t> inputs, targets;
        for (const std::int32_t sample : samples) {
            const auto s = static_cast<std::size_t>(sample);
            inputs.push_back(task.tokens[2 * s]);
            inputs.push_back(task.tokens[2 * s + 1]);
            targets.push_back(task.labels[s]);
        }
        add_tensor(file, part + ".inputs", inputs, 2);
        add_tensor(file, part + ".targets", targets, 1);
    };
    add_part("train", split.train);
    add_part("test", split.test);
    const std::string name = is_first ? "data" : "data-seed" + std::to_string(seed);
    lab::write_tensors(run.folder.file(name + ".safetensors"), file);
    run.manifest.add_dataset(name, task.size(), lab::sha256_hex(lab::encode_tensors(file)));
}

void add_parameter_counts(lab::Manifest& manifest, const models::MlpSettings& settings) {
    const std::string depth = "depth " + std::to_string(settings.depth);
    manifest.add_parameters(depth + ", d counts hidden layers", models::count_parameters(settings));
    manifest.add_parameters(depth + ", published formula with the same d",
                            published_formula(settings));
}

void join_task_tables(const lab::RunFolder& folder, const std::vector<std::string>& tasks) {
    for (const char* name : {"metrics.tsv", "curvature.tsv", "eigenvalues.tsv", "overlap.tsv"}) {
        std::vector<fs::path> parts;
        for (const std::string& task : tasks) parts.push_back(folder.task_file(task, name));
        lab::join_tables(parts, folder.file(name));
    }
}

void summarise(const fs::path& folder) {
    const SeedTable metrics(folder / "metrics.tsv"), curvature(folder / "curvature.tsv");
    write_summary(folder, metrics, curvature);
    write_spikes(folder, metrics, curvature);
    const SeedTable summary(folder / "summary.tsv");
    write_medians(folder, summary);
    write_acceptance(folder, summary, curvature);
    write_reference(folder, summary);
}

void write_cost(const fs::path& folder, double seconds) {
    double steps = 0, products = 0, rounds = 0;
    const SeedTable summary(folder / "summary.tsv"), curvature(folder / "curvature.tsv");
    for (const std::int64_t depth : summary.depths()) {
        for (const std::int64_t seed : summary.seeds()) {
            for (const double x : summary.numbers("censored_at", depth, seed)) steps += x;
            for (const double x : summary.numbers("products", depth, seed)) products += x;
            for (const double x : curvature.numbers("power_rounds", depth, seed)) {
                rounds += std::isnan(x) ? 0 : x;
            }
        }
    }
    TableWriter table(folder / "cost.tsv", {"quantity", "value"});
    table.add_row({"training steps, all networks", steps});
    table.add_row({"Hessian-vector products of Lanczos", products});
    table.add_row({"Hessian-vector products of power iteration", rounds});
    table.add_row({"seconds since the last start, figures not included", seconds});
    table.add_row({"CPU seconds", lab::cpu_seconds()});
    table.add_row({"peak memory (MB)", static_cast<double>(lab::peak_memory_bytes()) / 1e6});
    table.close();
}

void add_final_numbers(const fs::path& folder, lab::Manifest& manifest) {
    const lab::Table table = lab::read_table(folder / "by_depth.tsv");
    const auto depths = table.texts("depth"), quantities = table.texts("quantity");
    const auto seeds = table.numbers("seeds"), median = table.numbers("median");
    const auto low = table.numbers("low"), high = table.numbers("high");
    for (std::size_t i = 0; i < table.num_rows(); ++i) {
        const bool is_time = quantities[i].starts_with("t_") || quantities[i] == "delay";
        manifest.add_number({.name = quantities[i] + "_depth" + depths[i],
                             .value = median[i],
                             .low = low[i],
                             .high = high[i],
                             .unit = is_time ? "steps" : "",
                             .spread = seeds[i] > 1
                                           ? readable(seeds[i]) + " seeds, median and 95 % "
                                                                  "bootstrap interval"
                                           : "one seed"});
    }
    const lab::Table cost = lab::read_table(folder / "cost.tsv");
    for (std::size_t i = 0; i < cost.num_rows(); ++i) {
        manifest.add_counter(cost.texts("quantity")[i], cost.numbers("value")[i]);
    }
}

std::vector<std::string> convergence_warnings(const fs::path& folder) {
    std::vector<std::string> warnings;
    const SeedTable curvature(folder / "curvature.tsv"), summary(folder / "summary.tsv");
    for (const std::int64_t depth : summary.depths()) {
        for (const std::int64_t seed : summary.seeds()) {
            const auto status = curvature.texts("status", depth, seed);
            const auto worst = curvature.numbers("worst_relative_residual", depth, seed);
            const auto power = curvature.numbers("power_residual", depth, seed);
            const std::string name =
                "depth " + std::to_string(depth) + ", seed " + std::to_string(seed) + ": ";
            std::size_t unconverged = 0, unsettled = 0;
            double largest = 0;
            for (std::size_t i = 0; i < status.size(); ++i) {
                if (status[i] != "converged") ++unconverged;
                if (status[i] != "converged") largest = std::max(largest, worst[i]);
                if (power[i] > kPowerConverged) ++unsettled;
            }
            const std::string of = " of " + std::to_string(status.size()) + " visits";
            if (unconverged > 0) {
                warnings.push_back(name + "Lanczos did not converge at " +
                                   std::to_string(unconverged) + of + "; largest residual " +
                                   readable(largest) + " of the largest eigenvalue");
            }
            if (unsettled > 0) {
                warnings.push_back(name + "power iteration is unconverged at " +
                                   std::to_string(unsettled) + of + " (relative residual above " +
                                   readable(kPowerConverged) + ")");
            }
        }
    }
    return warnings;
}

}  // namespace dualtape::reports
