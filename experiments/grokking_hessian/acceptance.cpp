#include "experiments/grokking_hessian/acceptance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "experiments/grokking_hessian/by_depth.h"
#include "experiments/grokking_hessian/reference.h"
#include "experiments/lab/table.h"
#include "experiments/report/decisions.h"
#include "experiments/report/judged_setting.h"
#include "experiments/report/statements.h"

namespace dualtape::grokking_hessian {

namespace {

namespace fs = std::filesystem;

constexpr double kLeastDelayRatio = 3;     // of a recipe that shows grokking
constexpr double kMostTestAccuracy = 0.1;  // of the published setting
constexpr double kAfter = 1000;            // steps after which deeper networks are sharper

std::string list(const std::map<std::int64_t, double>& values) {
    std::vector<std::int64_t> depths;
    for (const auto& [depth, value] : values) depths.push_back(depth);
    return report::per_depth(
        depths, [&](std::int64_t depth) { return report::readable(values.at(depth)); });
}

// All comparisons of one quantity: they hold together. One that fails fails the statement, also
// where others cannot be judged.
report::Statement agreement(const std::vector<Comparison>& comparisons, const std::string& quantity,
                            const std::string& statement) {
    std::map<std::int64_t, double> ratios;
    std::string verdict = report::verdict_of(true);
    for (const Comparison& row : comparisons) {
        if (row.quantity != quantity) continue;
        ratios[row.depth] = row.ratio();
        if (row.verdict != report::verdict_of(true) && verdict != report::verdict_of(false))
            verdict = row.verdict;
    }
    return {statement + " at every depth stored", "measured / published: " + list(ratios), verdict};
}

report::Statement no_grokking(const report::SeedTable& summary) {
    std::size_t trainings = 0, grokked = 0;
    for (const std::int64_t depth : summary.depths()) {
        for (const double step : summary.first("t_grok", depth)) {
            ++trainings;
            grokked += std::isnan(step) ? 0 : 1;
        }
    }
    return {"the step of 0.9 test accuracy is censored at every depth",
            std::to_string(grokked) + " of " + std::to_string(trainings) + " trainings reach it",
            report::verdict_of(grokked == 0)};
}

report::Statement no_accuracy(const report::SeedTable& summary) {
    std::map<std::int64_t, double> best;
    double highest = 0;
    for (const std::int64_t depth : summary.depths()) {
        const std::vector<double> of_seeds = summary.first("best_test_accuracy", depth);
        best[depth] = *std::max_element(of_seeds.begin(), of_seeds.end());
        highest = std::max(highest, best[depth]);
    }
    return {
        "no depth and no seed reaches " + report::readable(kMostTestAccuracy) + " test accuracy",
        "best of all seeds: " + list(best), report::verdict_of(highest < kMostTestAccuracy)};
}

report::Statement falling_at_start(const report::SeedTable& summary, const ByDepth& by_depth) {
    std::map<std::int64_t, double> initial;
    for (const std::int64_t depth : summary.depths()) {
        initial[depth] = by_depth.median("lambda_max_initial", depth);
    }
    const auto along = by_depth.estimates("lambda_max_initial", summary.depths());
    return {"sharpness falls with depth at step 0", "medians: " + list(initial),
            report::verdict_of(report::judge_fall(along), report::why_undecided(along))};
}

// At each visit after step 1000, each deeper network against that of depth 1.
report::Statement deeper_is_sharper(const report::SeedTable& curvature) {
    std::size_t visits = 0, above = 0, below = 0;
    double closest = std::numeric_limits<double>::infinity();
    std::vector<report::Estimate> compared;
    const std::vector<double> steps = curvature.over_seeds("step", 1)[0];
    for (const double step : steps) {
        if (step <= kAfter) continue;
        const report::Estimate shallow =
            report::estimate_value(curvature.at_step("lambda_max", 1, step));
        bool is_above = true, is_below = false;
        for (const std::int64_t depth : curvature.depths()) {
            if (depth < 2) continue;
            const report::Estimate deep =
                report::estimate_value(curvature.at_step("lambda_max", depth, step));
            is_above &= report::is_surely_above(deep, shallow);
            is_below |= report::is_surely_above(shallow, deep);
            closest = std::fmin(closest, deep.median / shallow.median);
            compared.insert(compared.end(), {shallow, deep});
        }
        ++visits;
        above += is_above ? 1 : 0;
        below += is_below ? 1 : 0;
    }
    const report::Truth truth = below > 0         ? report::Truth::fails
                                : above == visits ? report::Truth::holds
                                                  : report::Truth::undecided;
    return {"after step 1000 every deeper network is sharper than depth 1",
            "surely so at " + std::to_string(above) + " of " + std::to_string(visits) +
                " visits, surely not at " + std::to_string(below) + "; least ratio of medians " +
                report::readable(closest),
            report::verdict_of(truth, report::why_undecided(compared))};
}

// Its numbers are set beside the published ones where it is the published setting.
std::vector<report::Statement> of_published_setting(const report::SeedTable& summary,
                                                    const report::SeedTable& curvature,
                                                    const ByDepth& by_depth, bool is_published) {
    const std::vector<std::int64_t>& depths = summary.depths();
    std::vector<report::Statement> all{no_grokking(summary), no_accuracy(summary)};
    if (depths.size() > 1) {
        all.push_back(falling_at_start(summary, by_depth));
        const auto& visited = curvature.depths();
        const bool has_shallow = std::find(visited.begin(), visited.end(), 1) != visited.end();
        if (has_shallow && curvature.over_seeds("step", 1)[0].back() > kAfter) {
            all.push_back(deeper_is_sharper(curvature));
        }
    }
    if (!is_published) return all;
    const auto comparisons = compare_with_published(summary, curvature);
    if (comparisons.empty()) return all;
    all.push_back(agreement(comparisons, "train_loss", "median train loss within 25 %"));
    for (const char* step : {"0", "1000", "9000"}) {
        all.push_back(
            agreement(comparisons, std::string("lambda_max_at_") + step,
                      std::string("median sharpness at step ") + step + " within a factor of 3"));
    }
    return all;
}

std::vector<report::Statement> of_grokking_setting(const report::SeedTable& summary,
                                                   const ByDepth& by_depth) {
    std::vector<report::Statement> all;
    for (const std::int64_t depth : summary.depths()) {
        if (depth > 2) continue;
        const auto delay = summary.first("delay", depth);
        const auto ratio = summary.first("delay_ratio", depth);
        const std::string name = "depth " + std::to_string(depth);
        all.push_back({name + " reaches 0.95 test accuracy after 0.99 train accuracy",
                       "test 0.95: " + by_depth.text("t_gen", depth) +
                           "; train 0.99: " + by_depth.text("t_mem", depth),
                       report::verdict_of(std::all_of(delay.begin(), delay.end(),
                                                      [](double d) { return d > 0; }))});
        all.push_back({name + " generalises at 3 times the step at which it memorised, or later",
                       "ratio " + by_depth.text("delay_ratio", depth),
                       report::verdict_of(std::all_of(ratio.begin(), ratio.end(), [](double r) {
                           return r >= kLeastDelayRatio;
                       }))});
    }
    return all;
}

}  // namespace

void write_acceptance(const fs::path& folder, const report::SeedTable& summary,
                      const report::SeedTable& curvature) {
    const report::JudgedSetting setting = report::judged_setting("grokking_hessian", folder);
    const ByDepth by_depth(folder);
    std::vector<report::Statement> statements;
    if (setting.recipe == report::kPublishedRecipe) {
        statements = of_published_setting(summary, curvature, by_depth, setting.is_published());
    } else if (setting.recipe != report::kTinyRecipe) {
        statements = of_grokking_setting(summary, by_depth);
    }
    const std::string why = setting.why_not_judged();
    report::write_statements(folder, why.empty() ? statements : report::unjudged(statements, why));
}

}  // namespace dualtape::grokking_hessian
