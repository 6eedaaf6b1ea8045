#include "experiments/circuit_emergence/reference.h"

#include <algorithm>
#include <cmath>

#include "experiments/lab/table.h"
#include "experiments/report/judged_setting.h"
#include "experiments/report/run_tables.h"
#include "experiments/report/statements.h"

namespace dualtape::circuit_emergence {

namespace fs = std::filesystem;

bool is_published_setting(const fs::path& folder) {
    return report::judged_setting("circuit_emergence", folder).is_published();
}

std::vector<Comparison> compare_with_published(const ByWidth& by_width) {
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
            comparison.verdict =
                comparison.measured.seeds == 0
                    ? report::not_judged("not probed by the literal protocol")
                    : report::verdict_of(std::abs(comparison.difference()) <= kTolerance);
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
    for (const Comparison& row : compare_with_published(by_width)) {
        const Measured& mean = row.measured.mean;
        table.add_row({"literal accuracy of x_even", row.width, row.node, row.published,
                       shown(mean.value), shown(mean.low), shown(mean.high), shown(row.converged),
                       row.measured.seeds, shown(row.difference()), kTolerance, row.verdict});
    }
    table.close();
}

}  // namespace dualtape::circuit_emergence
