#include "experiments/reports/grokking_hessian/acceptance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "experiments/lab/table.h"
#include "experiments/reports/decisions.h"
#include "experiments/reports/grokking_hessian/by_depth.h"
#include "experiments/reports/grokking_hessian/reference.h"
#include "experiments/reports/judged_setting.h"
#include "experiments/reports/statements.h"

namespace dualtape::reports {

namespace {

namespace fs = std::filesystem;

constexpr double kLeastDelayRatio = 3;     // of a recipe that shows grokking
constexpr double kMostTestAccuracy = 0.1;  // of the published setting
constexpr double kAfter = 1000;            // steps after which deeper networks are sharper

std::string list(const std::map<std::int64_t, double>& values) {
    std::vector<std::int64_t> depths;
    for (const auto& [depth, value] : values) depths.push_back(depth);
    return per_depth(depths, [&](std::int64_t depth) { return readable(values.at(depth)); });
}

// All comparisons of one quantity: they hold together. One that fails fails the statement, also
// where others cannot be judged.
Statement agreement(const std::vector<Comparison>& comparisons, const std::string& quantity,
                    const std::string& statement) {
    std::map<std::int64_t, double> ratios;
    std::string verdict = verdict_of(true);
    for (const Comparison& row : comparisons) {
        if (row.quantity != quantity) continue;
        ratios[row.depth] = row.ratio();
        if (row.verdict != verdict_of(true) && verdict != verdict_of(false)) verdict = row.verdict;
    }
    return {statement + " at every depth stored", "measured / published: " + list(ratios), verdict};
}

Statement no_grokking(const SeedTable& summary) {
    std::size_t trainings = 0, grokked = 0;
    for (const std::int64_t depth : summary.depths()) {
        for (const double step : summary.first("t_grok", depth)) {
            ++trainings;
            grokked += std::isnan(step) ? 0 : 1;
        }
    }
    return {"the step of 0.9 test accuracy is censored at every depth",
            std::to_string(grokked) + " of " + std::to_string(trainings) + " trainings reach it",
            verdict_of(grokked == 0)};
}

Statement no_accuracy(const SeedTable& summary) {
    std::map<std::int64_t, double> best;
    double highest = 0;
    for (const std::int64_t depth : summary.depths()) {
        const std::vector<double> of_seeds = summary.first("best_test_accuracy", depth);
        best[depth] = *std::max_element(of_seeds.begin(), of_seeds.end());
        highest = std::max(highest, best[depth]);
    }
    return {"no depth and no seed reaches " + readable(kMostTestAccuracy) + " test accuracy",
            "best of all seeds: " + list(best), verdict_of(highest < kMostTestAccuracy)};
}

Statement falling_at_start(const SeedTable& summary, const ByDepth& by_depth) {
    std::map<std::int64_t, double> initial;
    for (const std::int64_t depth : summary.depths()) {
        initial[depth] = by_depth.median("lambda_max_initial", depth);
    }
    const auto along = by_depth.estimates("lambda_max_initial", summary.depths());
    return {"sharpness falls with depth at step 0", "medians: " + list(initial),
            verdict_of(judge_fall(along), why_undecided(along))};
}

// At each visit after step 1000, each deeper network against that of depth 1.
Statement deeper_is_sharper(const SeedTable& curvature) {
    std::size_t visits = 0, above = 0, below = 0;
    double closest = std::numeric_limits<double>::infinity();
    std::vector<Estimate> compared;
    const std::vector<double> steps = curvature.over_seeds("step", 1)[0];
    for (const double step : steps) {
        if (step <= kAfter) continue;
        const Estimate shallow = estimate_value(curvature.at_step("lambda_max", 1, step));
        bool is_above = true, is_below = false;
        for (const std::int64_t depth : curvature.depths()) {
            if (depth < 2) continue;
            const Estimate deep = estimate_value(curvature.at_step("lambda_max", depth, step));
            is_above &= is_surely_above(deep, shallow);
            is_below |= is_surely_above(shallow, deep);
            closest = std::fmin(closest, deep.median / shallow.median);
            compared.insert(compared.end(), {shallow, deep});
        }
        ++visits;
        above += is_above ? 1 : 0;
        below += is_below ? 1 : 0;
    }
    const Truth truth = below > 0         ? Truth::fails
                        : above == visits ? Truth::holds
                                          : Truth::undecided;
    return {"after step 1000 every deeper network is sharper than depth 1",
            "surely so at " + std::to_string(above) + " of " + std::to_string(visits) +
                " visits, surely not at " + std::to_string(below) + "; least ratio of medians " +
                readable(closest),
            verdict_of(truth, why_undecided(compared))};
}

// Its numbers are set beside the published ones where it is the published setting.
std::vector<Statement> of_published_setting(const SeedTable& summary, const SeedTable& curvature,
                                            const ByDepth& by_depth, bool is_published) {
    const std::vector<std::int64_t>& depths = summary.depths();
    std::vector<Statement> all{no_grokking(summary), no_accuracy(summary)};
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

std::vector<Statement> of_grokking_setting(const SeedTable& summary, const ByDepth& by_depth) {
    std::vector<Statement> all;
    for (const std::int64_t depth : summary.depths()) {
        if (depth > 2) continue;
        const auto delay = summary.first("delay", depth);
        const auto ratio = summary.first("delay_ratio", depth);
        const std::string name = "depth " + std::to_string(depth);
        all.push_back(
            {name + " reaches 0.95 test accuracy after 0.99 train accuracy",
             "test 0.95: " + by_depth.text("t_gen", depth) +
                 "; train 0.99: " + by_depth.text("t_mem", depth),
             verdict_of(std::all_of(delay.begin(), delay.end(), [](double d) { return d > 0; }))});
        all.push_back({name + " generalises at 3 times the step at which it memorised, or later",
                       "ratio " + by_depth.text("delay_ratio", depth),
                       verdict_of(std::all_of(ratio.begin(), ratio.end(),
                                              [](double r) { return r >= kLeastDelayRatio; }))});
    }
    return all;
}

}  // namespace

void write_acceptance(const fs::path& folder, const SeedTable& summary,
                      const SeedTable& curvature) {
    const JudgedSetting setting = judged_setting("grokking_hessian", folder);
    const ByDepth by_depth(folder);
    std::vector<Statement> statements;
    if (setting.recipe == kPublishedRecipe) {
        statements = of_published_setting(summary, curvature, by_depth, setting.is_published());
    } else if (setting.recipe != kTinyRecipe) {
        statements = of_grokking_setting(summary, by_depth);
    }
    const std::string why = setting.why_not_judged();
    write_statements(folder, why.empty() ? statements : unjudged(statements, why));
}

}  // namespace dualtape::reports
