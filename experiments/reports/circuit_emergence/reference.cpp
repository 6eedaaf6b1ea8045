#include "experiments/reports/circuit_emergence/reference.h"

#include <algorithm>
#include <cmath>

#include "experiments/lab/table.h"
#include "experiments/reports/run_tables.h"
#include "experiments/reports/statements.h"

namespace dualtape::reports::circuit_emergence {

namespace fs = std::filesystem;

namespace {

// The pairs that are probed, and where the literal probe stops.
bool has_published_probes(const RunSettings& settings) {
    const auto is = [&](const char* key, double value) {
        return settings.number("probe", key) == value;
    };
    return settings.text("probe", "probe_part") == "test" &&
           settings.text("probe", "probe_split_generator") == "torch" &&
           is("probe_split_seed", 42) && is("probe_fraction", 0.2) &&
           is("probe_literal_iterations", 1000);
}

}  // namespace

bool is_published_setting(const fs::path& folder) {
    const RunSettings settings(folder);
    const auto is = [&](const char* section, const char* key, double value) {
        return settings.number(section, key) == value;
    };
    return settings.text("task", "operation") == "add" && is("task", "p", 97) &&
           is("task", "train_fraction", 1) && is("task", "label_noise", 0) &&
           is("task", "operand_noise", 0) && settings.text("model", "input") == "raw" &&
           is("model", "depth", 2) && settings.text("model", "activation") == "relu" &&
           settings.text("model", "init") == "torch_default" &&
           settings.text("optimiser", "optimiser") == "adam" &&
           is("optimiser", "learning_rate", 1e-3) && is("optimiser", "weight_decay", 0) &&
           is("optimiser", "warm_up", 0) && is("train", "batch_size", 0);
}

std::vector<Comparison> compare_with_published(const fs::path& folder, const ByWidth& by_width) {
    const RunSettings settings(folder);
    const double steps = settings.number("train", "steps");
    std::vector<Comparison> all;
    for (const PublishedLayer& layer : kPublishedLayers) {
        for (const Published& row : kPublished) {
            const auto& widths = by_width.widths();
            if (std::find(widths.begin(), widths.end(), row.width) == widths.end()) continue;
            Comparison comparison{
                .width = row.width,
                .node = layer.node,
                .published = row.*layer.accuracy,
                .measured = by_width.find(row.width, layer.node, "x_even", "literal_accuracy"),
                .converged =
                    by_width.find(row.width, layer.node, "x_even", "literal_converged_accuracy")
                        .mean.value};
            if (comparison.measured.seeds == 0) {
                comparison.verdict = "not judged: not probed by the literal protocol";
            } else if (!has_published_probes(settings)) {
                comparison.verdict =
                    "not judged: other pairs or iterations than those of recipe literal";
            } else if (steps != kPublishedSteps) {
                comparison.verdict = "not judged: " + readable(steps) + " of " +
                                     readable(kPublishedSteps) + " steps";
            } else {
                comparison.verdict = verdict_of(std::abs(comparison.difference()) <= kTolerance);
            }
            all.push_back(std::move(comparison));
        }
    }
    return all;
}

void write_reference(const fs::path& folder, const ByWidth& by_width) {
    if (!is_published_setting(folder)) return;
    lab::TableWriter table(folder / "reference.tsv",
                           {"quantity", "width", "node", "published", "measured", "low", "high",
                            "converged", "seeds", "difference", "tolerance", "verdict"});
    const auto shown = [](double x) { return std::isnan(x) ? lab::Cell() : lab::Cell(x); };
    for (const Comparison& row : compare_with_published(folder, by_width)) {
        const Measured& mean = row.measured.mean;
        table.add_row({"literal accuracy of x_even", row.width, row.node, row.published,
                       shown(mean.value), shown(mean.low), shown(mean.high), shown(row.converged),
                       row.measured.seeds, shown(row.difference()), kTolerance, row.verdict});
    }
    table.close();
}

}  // namespace dualtape::reports::circuit_emergence
