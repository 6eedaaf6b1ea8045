#include "experiments/grokking_hessian/reference.h"

#include <algorithm>
#include <cmath>

#include "experiments/lab/table.h"
#include "experiments/report/judged_setting.h"
#include "experiments/report/statements.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::grokking_hessian {

namespace {

namespace fs = std::filesystem;

// A published quantity, where it stands in our tables, and how near the two should be.
struct Quantity {
    const char* name;
    double Published::*published;
    double visit;  // step of curvature.tsv; negative: the end of the training, in summary.tsv
    double least_ratio, most_ratio;
};
constexpr Quantity kQuantities[] = {
    {"train_loss", &Published::train_loss, -1, 0.75, 1.25},
    {"lambda_max_at_0", &Published::lambda_max_at_0, 0, 1.0 / 3, 3},
    {"lambda_max_at_1000", &Published::lambda_max_at_1000, 1000, 1.0 / 3, 3},
    {"lambda_max_at_9000", &Published::lambda_max_at_9000, 9000, 1.0 / 3, 3},
    {"test_loss", &Published::test_loss, -1, 0, 0},
    {"best_test_accuracy", &Published::best_test_accuracy, -1, 0, 0},
};

std::string judge(const Comparison& comparison, double visit) {
    if (comparison.most_ratio == 0) return "";
    if (comparison.seeds == 0) {
        return report::not_judged(visit < 0 ? "no training has reached the last step"
                                            : "no visit at step " + report::readable(visit));
    }
    if (comparison.seeds < kSeedsToJudge) {
        return report::not_judged(std::to_string(comparison.seeds) + " of " +
                                  std::to_string(kSeedsToJudge) + " seeds");
    }
    return report::verdict_of(comparison.ratio() >= comparison.least_ratio &&
                              comparison.ratio() <= comparison.most_ratio);
}

}  // namespace

std::int64_t published_formula(const models::MlpSettings& settings) {
    const std::int64_t h = settings.width, classes = settings.num_classes;
    return 2 * h + h + (settings.depth - 2) * (h * h + h) + classes * h + classes;
}

bool is_published_setting(const fs::path& folder) {
    return report::judged_setting("grokking_hessian", folder).is_published();
}

std::vector<Comparison> compare_with_published(const report::SeedTable& summary,
                                               const report::SeedTable& curvature) {
    std::vector<Comparison> all;
    for (const Quantity& quantity : kQuantities) {
        for (const Published& row : kPublished) {
            const auto& depths = summary.depths();
            if (std::find(depths.begin(), depths.end(), row.depth) == depths.end()) continue;
            const bool is_at_end = quantity.visit < 0;
            std::vector<double> values =
                is_at_end ? summary.first(quantity.name, row.depth)
                          : curvature.at_step("lambda_max", row.depth, quantity.visit);
            std::erase_if(values, [](double x) { return std::isnan(x); });
            Comparison comparison{.quantity = quantity.name,
                                  .depth = row.depth,
                                  .published = row.*quantity.published,
                                  .measured = statistics::median(values),
                                  .seeds = values.size(),
                                  .least_ratio = quantity.least_ratio,
                                  .most_ratio = quantity.most_ratio};
            if (values.size() > 1) {
                const statistics::Interval interval = statistics::median_interval(values);
                comparison.low = interval.low;
                comparison.high = interval.high;
            }
            comparison.verdict = judge(comparison, quantity.visit);
            all.push_back(std::move(comparison));
        }
    }
    return all;
}

void write_reference(const fs::path& folder, const report::SeedTable& summary,
                     const report::SeedTable& curvature) {
    if (!is_published_setting(folder)) return;
    lab::TableWriter table(folder / "reference.tsv",
                           {"quantity", "depth", "published", "measured", "low", "high", "seeds",
                            "ratio", "least_ratio", "most_ratio", "verdict"});
    using lab::Cell;
    const auto shown = [](double x) { return std::isnan(x) ? Cell() : Cell(x); };
    for (const Comparison& row : compare_with_published(summary, curvature)) {
        const bool is_promised = row.most_ratio > 0;
        table.add_row({row.quantity, row.depth, row.published, shown(row.measured), shown(row.low),
                       shown(row.high), row.seeds, shown(row.ratio()),
                       is_promised ? Cell(row.least_ratio) : Cell(),
                       is_promised ? Cell(row.most_ratio) : Cell(), row.verdict});
    }
    table.close();
}

}  // namespace dualtape::grokking_hessian
