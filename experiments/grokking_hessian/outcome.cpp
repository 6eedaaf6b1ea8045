// What a run cost, the numbers it ends with, and what did not converge.

#include <algorithm>
#include <cmath>

#include "experiments/analyses/curvature/pair_words.h"
#include "experiments/grokking_hessian/by_depth.h"
#include "experiments/grokking_hessian/report.h"
#include "experiments/lab/table.h"
#include "experiments/report/cost.h"
#include "experiments/report/training_groups.h"

namespace dualtape::grokking_hessian {

namespace {

namespace fs = std::filesystem;

// Relative residual above which a power iteration counts as unconverged.
constexpr double kPowerConverged = 1e-2;

std::string spread_of(const report::Estimate& estimate) {
    if (estimate.seeds < 2) return "one seed";
    return report::readable(estimate.seeds) + " seeds, median and " +
           report::interval_name(estimate.seeds) +
           (estimate.is_time ? ", Kaplan-Meier" : ", bootstrap");
}

// What is not known of the spectra of one training, as sentences.
// has_copies: the table tells whether copies of repeated eigenvalues were checked.
std::vector<std::string> warnings_of(const report::SeedTable& curvature,
                                     const report::TrainingGroups& eigenvalues, bool has_copies,
                                     std::int64_t depth, std::int64_t seed) {
    const auto power = curvature.numbers("power_residual", depth, seed);
    const auto unsettled = std::count_if(
        power.begin(), power.end(), [](double residual) { return residual > kPowerConverged; });
    const std::string training =
        "depth " + std::to_string(depth) + ", seed " + std::to_string(seed);
    const std::string name = training + ": ";
    const std::string of = " of " + std::to_string(power.size()) + " visits";
    std::vector<std::string> warnings;
    for (const report::TrainingGroups::Group& group : eigenvalues.groups()) {
        if (group.name != training) continue;
        const analyses::PairCounts counts = analyses::count_pairs(eigenvalues.table(), group.rows);
        if (counts.converged() == counts.pairs()) continue;
        warnings.push_back(name + "over all visits, " + analyses::in_words(counts) +
                           "; eigenvalues.tsv tells which");
    }
    for (const char* end : {"largest", "smallest"}) {
        const std::string column = std::string(end) + "_is_complete";
        if (!has_copies) continue;
        const auto complete = curvature.numbers(column, depth, seed);
        const auto open = std::count(complete.begin(), complete.end(), 0.0);
        if (open == 0) continue;
        warnings.push_back(name + "copies of repeated eigenvalues were not checked among the " +
                           end + " at " + std::to_string(open) + of);
    }
    if (unsettled > 0) {
        warnings.push_back(name + "power iteration is unconverged at " + std::to_string(unsettled) +
                           of + " (relative residual above " + report::readable(kPowerConverged) +
                           ")");
    }
    return warnings;
}

}  // namespace

void write_cost(const fs::path& folder, double seconds, lab::Manifest& manifest) {
    double steps = 0, products = 0, rounds = 0;
    const report::SeedTable summary(folder / "summary.tsv"), curvature(folder / "curvature.tsv");
    for (const std::int64_t depth : summary.depths()) {
        for (const double x : summary.first("censored_at", depth)) steps += x;
        for (const double x : summary.first("products", depth)) products += x;
        for (const std::int64_t seed : summary.seeds()) {
            for (const double x : curvature.numbers("power_rounds", depth, seed)) {
                rounds += std::isnan(x) ? 0 : x;
            }
        }
    }
    report::write_cost(folder,
                       {{"training steps, all networks", steps},
                        {"Hessian-vector products of Lanczos", products},
                        {"Hessian-vector products of power iteration", rounds},
                        {"seconds since the last start, figures not included", seconds}},
                       manifest);
}

void add_final_numbers(const fs::path& folder, lab::Manifest& manifest) {
    const ByDepth by_depth(folder);
    for (const auto& [depth, quantity] : by_depth.keys()) {
        const report::Estimate estimate = by_depth.estimate(quantity, depth);
        const bool is_step = estimate.is_time && quantity != "delay_ratio";
        manifest.add_number({.name = quantity + "_depth" + std::to_string(depth),
                             .value = estimate.median,
                             .low = estimate.low,
                             .high = estimate.high,
                             .unit = is_step || quantity.starts_with("step_of") ? "steps" : "",
                             .spread = spread_of(estimate)});
    }
}

std::vector<std::string> convergence_warnings(const fs::path& folder) {
    const report::SeedTable curvature(folder / "curvature.tsv"), summary(folder / "summary.tsv");
    const report::TrainingGroups eigenvalues(folder / "eigenvalues.tsv");
    const bool has_copies =
        lab::read_table(folder / "curvature.tsv").has_column("largest_is_complete");
    std::vector<std::string> warnings;
    for (const std::int64_t depth : summary.depths()) {
        for (const std::int64_t seed : summary.seeds()) {
            for (std::string& warning :
                 warnings_of(curvature, eigenvalues, has_copies, depth, seed)) {
                warnings.push_back(std::move(warning));
            }
        }
    }
    return warnings;
}

}  // namespace dualtape::grokking_hessian
