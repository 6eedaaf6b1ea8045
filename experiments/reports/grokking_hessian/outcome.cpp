// What a run cost, the numbers it ends with, and what did not converge.

#include <algorithm>
#include <cmath>

#include "experiments/lab/table.h"
#include "experiments/reports/cost.h"
#include "experiments/reports/grokking_hessian.h"
#include "experiments/reports/grokking_hessian/by_depth.h"

namespace dualtape::reports {

namespace {

namespace fs = std::filesystem;

// Relative residual above which a power iteration counts as unconverged.
constexpr double kPowerConverged = 1e-2;

std::string spread_of(const Estimate& estimate) {
    if (estimate.seeds < 2) return "one seed";
    return readable(estimate.seeds) + " seeds, median and " + interval_name(estimate.seeds) +
           (estimate.is_time ? ", Kaplan-Meier" : ", bootstrap");
}

// Visits of one training at which a solve failed, as sentences.
std::vector<std::string> warnings_of(const SeedTable& curvature, std::int64_t depth,
                                     std::int64_t seed) {
    const auto status = curvature.texts("status", depth, seed);
    const auto worst = curvature.numbers("worst_relative_residual", depth, seed);
    const auto power = curvature.numbers("power_residual", depth, seed);
    std::size_t unconverged = 0, unsettled = 0;
    double largest = 0;
    for (std::size_t i = 0; i < status.size(); ++i) {
        if (power[i] > kPowerConverged) ++unsettled;
        if (status[i] == "converged") continue;
        ++unconverged;
        largest = std::max(largest, worst[i]);
    }
    const std::string name =
        "depth " + std::to_string(depth) + ", seed " + std::to_string(seed) + ": ";
    const std::string of = " of " + std::to_string(status.size()) + " visits";
    std::vector<std::string> warnings;
    if (unconverged > 0) {
        warnings.push_back(name + "Lanczos did not converge at " + std::to_string(unconverged) +
                           of + "; largest residual " + readable(largest) +
                           " of the largest eigenvalue");
    }
    if (unsettled > 0) {
        warnings.push_back(name + "power iteration is unconverged at " + std::to_string(unsettled) +
                           of + " (relative residual above " + readable(kPowerConverged) + ")");
    }
    return warnings;
}

}  // namespace

void write_cost(const fs::path& folder, double seconds, lab::Manifest& manifest) {
    double steps = 0, products = 0, rounds = 0;
    const SeedTable summary(folder / "summary.tsv"), curvature(folder / "curvature.tsv");
    for (const std::int64_t depth : summary.depths()) {
        for (const double x : summary.first("censored_at", depth)) steps += x;
        for (const double x : summary.first("products", depth)) products += x;
        for (const std::int64_t seed : summary.seeds()) {
            for (const double x : curvature.numbers("power_rounds", depth, seed)) {
                rounds += std::isnan(x) ? 0 : x;
            }
        }
    }
    write_cost(folder,
               {{"training steps, all networks", steps},
                {"Hessian-vector products of Lanczos", products},
                {"Hessian-vector products of power iteration", rounds},
                {"seconds since the last start, figures not included", seconds}},
               manifest);
}

void add_final_numbers(const fs::path& folder, lab::Manifest& manifest) {
    const ByDepth by_depth(folder);
    for (const auto& [depth, quantity] : by_depth.keys()) {
        const Estimate estimate = by_depth.estimate(quantity, depth);
        const bool is_step = estimate.is_time && quantity != "delay_ratio";
        manifest.add_number({.name = quantity + "_depth" + std::to_string(depth),
                             .value = estimate.median,
                             .low = estimate.low,
                             .high = estimate.high,
                             .unit = is_step || quantity == "step_of_peak" ? "steps" : "",
                             .spread = spread_of(estimate)});
    }
}

std::vector<std::string> convergence_warnings(const fs::path& folder) {
    const SeedTable curvature(folder / "curvature.tsv"), summary(folder / "summary.tsv");
    std::vector<std::string> warnings;
    for (const std::int64_t depth : summary.depths()) {
        for (const std::int64_t seed : summary.seeds()) {
            for (std::string& warning : warnings_of(curvature, depth, seed)) {
                warnings.push_back(std::move(warning));
            }
        }
    }
    return warnings;
}

}  // namespace dualtape::reports
