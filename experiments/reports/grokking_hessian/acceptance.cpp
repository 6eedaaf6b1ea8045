#include "experiments/reports/grokking_hessian/acceptance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "experiments/analysis/statistics.h"
#include "experiments/lab/table.h"
#include "experiments/reports/grokking_hessian/by_depth.h"
#include "experiments/reports/grokking_hessian/reference.h"
#include "experiments/reports/statements.h"

namespace dualtape::reports {

namespace {

namespace fs = std::filesystem;

constexpr double kShortest = 1000;         // steps; shorter trainings claim nothing
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
    bool falls = true;
    double before = std::numeric_limits<double>::infinity();
    for (const std::int64_t depth : summary.depths()) {
        initial[depth] = by_depth.median("lambda_max_initial", depth);
        falls = falls && initial[depth] < before;
        before = initial[depth];
    }
    return {"sharpness falls with depth at step 0", "medians: " + list(initial), verdict_of(falls)};
}

// At each visit after step 1000, the median of each deeper network against that of depth 1.
Statement deeper_is_sharper(const SeedTable& curvature) {
    const std::vector<double> steps = curvature.over_seeds("step", 1)[0];
    std::size_t visits = 0, ordered = 0;
    double closest = std::numeric_limits<double>::infinity();
    for (const double step : steps) {
        if (step <= kAfter) continue;
        const double shallow = analysis::median(curvature.at_step("lambda_max", 1, step));
        double least = std::numeric_limits<double>::infinity();
        for (const std::int64_t depth : curvature.depths()) {
            if (depth < 2) continue;
            const std::vector<double> here = curvature.at_step("lambda_max", depth, step);
            if (!here.empty()) least = std::min(least, analysis::median(here) / shallow);
        }
        ++visits;
        ordered += least > 1 && std::isfinite(least) ? 1 : 0;
        closest = std::min(closest, least);
    }
    return {"after step 1000 every deeper network is sharper than depth 1",
            std::to_string(ordered) + " of " + std::to_string(visits) +
                " visits; least ratio of medians " + readable(closest),
            verdict_of(ordered == visits)};
}

std::vector<Statement> of_published_setting(const fs::path& folder, const SeedTable& summary,
                                            const SeedTable& curvature, const ByDepth& by_depth) {
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
    const auto comparisons = compare_with_published(folder, summary, curvature);
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

bool is_grokking_setting(const RunSettings& settings) {
    return settings.text("model", "input") != "raw" &&
           settings.text("optimiser", "optimiser") == "adamw" &&
           settings.number("optimiser", "weight_decay") > 0;
}

}  // namespace

void write_acceptance(const fs::path& folder, const SeedTable& summary,
                      const SeedTable& curvature) {
    const RunSettings settings(folder);
    const ByDepth by_depth(folder);
    std::vector<Statement> statements;
    if (settings.number("train", "steps") >= kShortest) {
        if (is_published_setting(folder)) {
            statements = of_published_setting(folder, summary, curvature, by_depth);
        } else if (is_grokking_setting(settings)) {
            statements = of_grokking_setting(summary, by_depth);
        }
    }
    write_statements(folder, statements);
}

}  // namespace dualtape::reports
