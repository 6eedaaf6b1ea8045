#include "experiments/circuit_emergence/acceptance.h"

#include <algorithm>
#include <cmath>

#include "experiments/analyses/probes/probe_words.h"
#include "experiments/circuit_emergence/reference.h"
#include "experiments/circuit_emergence/trainings.h"
#include "experiments/report/decisions.h"
#include "experiments/report/judged_setting.h"
#include "experiments/report/run_tables.h"
#include "experiments/report/statements.h"

namespace dualtape::circuit_emergence {

namespace {

namespace fs = std::filesystem;

constexpr double kLong = 5000;        // steps after which a frequency stands out
constexpr std::int64_t kWide = 128;   // features from which networks generalise
constexpr std::int64_t kNarrow = 16;  // features of the network that is set against these
constexpr double kClearR2 = 0.9;
constexpr double kPenalty = 1e-3;  // of an accuracy: a pair of the published 1882

bool has(const std::vector<std::int64_t>& widths, std::int64_t width) {
    return std::find(widths.begin(), widths.end(), width) != widths.end();
}

// All comparisons hold together. One that fails fails the statement, also where others cannot be
// judged.
report::Statement agreement(const std::vector<Comparison>& comparisons) {
    double largest = 0;
    std::string verdict = report::verdict_of(true);
    for (const Comparison& row : comparisons) {
        if (!std::isnan(row.difference())) largest = std::max(largest, std::abs(row.difference()));
        if (row.verdict != report::verdict_of(true) && verdict != report::verdict_of(false))
            verdict = row.verdict;
    }
    return {
        "x is even, by the published protocol: the accuracy is within 0.02 of the published "
        "one at every width and layer",
        "largest difference " + report::readable(largest), verdict};
}

// Pre 1 is an affine map of the two integers, so that only the penalty tells probes of the two
// apart. Neither can express parity: what they score is the share of the commonest class and what a
// fit to noise adds on its own pairs, 0.0090 on the published ones.
report::Statement as_at_input(const ByWidth& by_width) {
    double largest = 0;
    std::string integers;
    for (const std::int64_t width : by_width.widths()) {
        const auto of = [&](const char* node, const char* quantity) {
            return by_width.find(width, node, "x_even", quantity).mean.value;
        };
        const double at_input = of("input", "literal_accuracy");
        const double difference = of("layers.0.pre", "literal_accuracy") - at_input;
        if (std::isnan(difference)) continue;
        largest = std::max(largest, std::abs(difference));
        integers = "; of the integers " + report::readable(at_input) + ", of the commonest class " +
                   report::readable(of("input", "base_rate"));
    }
    const bool is_measured = !integers.empty();
    return {
        "x is even, by the published protocol: the accuracy at pre 1 is that of the two integers, "
        "to 0.001",
        is_measured ? "largest difference " + report::readable(largest) + integers : "–",
        is_measured ? report::verdict_of(largest <= kPenalty)
                    : report::not_judged("input and pre 1 were not both probed")};
}

// A held-out accuracy may be below chance, too: a fold that correlates with a label by chance
// leaves the pairs that the probe is fitted to with the opposite correlation.
report::Statement at_chance(const ByWidth& by_width, const ProbeRows& rows) {
    double least = INFINITY, most = -INFINITY;
    for (const std::int64_t width : by_width.widths()) {
        for (const std::string& node : rows.nodes) {
            const double accuracy =
                by_width.find(width, node, "x_even", "balanced_accuracy").mean.value;
            if (std::isnan(accuracy)) continue;
            least = std::min(least, accuracy);
            most = std::max(most, accuracy);
        }
    }
    const bool is_measured = least <= most;
    return {
        "x is even, held out: the balanced accuracy is within 0.02 of chance at every width and "
        "layer",
        is_measured ? "from " + report::readable(least) + " to " + report::readable(most) +
                          "; chance is 0.5"
                    : "–",
        is_measured ? report::verdict_of(std::max(most - 0.5, 0.5 - least) <= kTolerance)
                    : report::not_judged("x_even was not probed")};
}

// Its numbers are set beside the published ones where it is the published setting.
std::vector<report::Statement> of_published_setting(const ByWidth& by_width, const ProbeRows& rows,
                                                    bool is_published) {
    std::vector<report::Statement> all{as_at_input(by_width), at_chance(by_width, rows)};
    if (!is_published) return all;
    const auto comparisons = compare_with_published(by_width);
    if (!comparisons.empty()) all.insert(all.begin(), agreement(comparisons));
    return all;
}

report::Statement generalises(const Summary& summary, const std::vector<std::int64_t>& wide) {
    const auto time = [&](std::int64_t width) {
        return "step " + summary.time(width, "t_gen") + ", " + summary.share(width, "t_gen");
    };
    const bool all = std::all_of(wide.begin(), wide.end(), [&](std::int64_t width) {
        return summary.all_reach(width, "t_gen");
    });
    return {"every network of width 128 or more reaches 0.95 test accuracy", per_width(wide, time),
            report::verdict_of(all)};
}

// Of the networks that generalise. what: "a frequency"; column: of the summary.
report::Statement is_clear(const Summary& summary, const std::vector<std::int64_t>& wide,
                           const std::string& what, const char* column) {
    double least = 1;
    bool any = false;
    const auto r2_of = [&](std::int64_t width) {
        const std::vector<double> r2 = summary.numbers(width, column);
        const std::vector<double> reached = summary.numbers(width, "t_gen");
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < r2.size(); ++i) {
            if (std::isnan(reached[i]) || std::isnan(r2[i])) continue;
            any = true;
            least = std::min(least, r2[i]);
            texts.push_back(report::readable(r2[i]));
        }
        return texts.empty() ? std::string("–") : report::listing(texts);
    };
    const std::string measured = "R^{2} by seed: " + per_width(wide, r2_of);
    return {"every network of width 128 or more with 0.95 test accuracy shows " + what +
                " of x + y with R^{2} of 0.9 or more",
            measured,
            any ? report::verdict_of(least >= kClearR2) : report::not_judged("none generalises")};
}

// The controls beside the held-out probe of x_even, at every node.
report::Statement has_controls(const ByWidth& by_width, const ProbeRows& rows) {
    std::size_t missing = 0, cells = 0;
    for (const std::int64_t width : by_width.widths()) {
        for (const std::string& node : rows.nodes) {
            for (const char* quantity :
                 {"accuracy", "base_rate", "shuffled_accuracy", "control_task_accuracy",
                  "untrained_accuracy", "selectivity", "literal_accuracy"}) {
                ++cells;
                missing += by_width.find(width, node, "x_even", quantity).seeds == 0 ? 1 : 0;
            }
        }
    }
    return {
        "x is even is reported at every layer with commonest class, shuffled labels, random "
        "labels per value, untrained network, selectivity and literal protocol",
        std::to_string(cells - missing) + " of " + std::to_string(cells) + " numbers",
        report::verdict_of(cells > 0 && missing == 0)};
}

report::Statement separates(const ByWidth& by_width, const ProbeRows& rows) {
    const std::string node = rows.deepest_hidden();
    const auto of = [&](std::int64_t width, const char* quantity) {
        return by_width.find(width, node, "fourier_sum", quantity);
    };
    const auto both = [&](const char* quantity) {
        return "width 16: " + text_of(of(kNarrow, quantity).mean) +
               "; width 128: " + text_of(of(kWide, quantity).mean);
    };
    const std::vector<report::Estimate> along{estimate_of(of(kNarrow, kMeanR2)),
                                              estimate_of(of(kWide, kMeanR2))};
    const bool is_probed = along[0].seeds > 0 && along[1].seeds > 0;
    return {
        "width 128 separates from width 16 in the Fourier probe of x + y by more than both "
        "intervals",
        "R^{2} averaged over frequencies at " + analyses::node_label(node) + ": " + both(kMeanR2) +
            "; of the best frequency alone: " + both(kBestR2),
        is_probed ? report::verdict_of(report::judge_rise(along), report::why_undecided(along))
                  : report::not_judged("not probed")};
}

std::vector<report::Statement> of_generalising_setting(const report::RunSettings& settings,
                                                       const fs::path& folder,
                                                       const ByWidth& by_width,
                                                       const ProbeRows& rows) {
    const Summary summary(folder);
    std::vector<std::int64_t> wide;
    std::copy_if(summary.widths().begin(), summary.widths().end(), std::back_inserter(wide),
                 [](std::int64_t width) { return width >= kWide; });
    std::vector<report::Statement> all;
    if (!wide.empty()) all.push_back(generalises(summary, wide));
    if (!wide.empty() && settings.number("train", "steps") >= kLong) {
        all.push_back(is_clear(summary, wide, "a frequency", "key_r2"));
        all.push_back(is_clear(summary, wide, "one wave of a frequency", "wave_r2"));
    }
    if (has(summary.widths(), kNarrow) && has(summary.widths(), kWide)) {
        all.push_back(separates(by_width, rows));
    }
    all.push_back(has_controls(by_width, rows));
    return all;
}

}  // namespace

void write_acceptance(const fs::path& folder, const ProbeRows& rows) {
    const report::JudgedSetting setting = report::judged_setting("circuit_emergence", folder);
    const ByWidth by_width(folder);
    std::vector<report::Statement> statements;
    if (setting.recipe == report::kPublishedRecipe) {
        statements = of_published_setting(by_width, rows, setting.is_published());
    } else if (setting.recipe != report::kTinyRecipe) {
        statements = of_generalising_setting(report::RunSettings(folder), folder, by_width, rows);
    }
    const std::string why = setting.why_not_judged();
    report::write_statements(folder, why.empty() ? statements : report::unjudged(statements, why));
}

}  // namespace dualtape::circuit_emergence
