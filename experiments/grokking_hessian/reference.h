#pragma once
// What the publication stored and printed, when a run has its setting, and how the two compare.

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "experiments/report/run_tables.h"
#include "models/mlp.h"

namespace dualtape::grokking_hessian {

// Stored results of the publication (github.com/krishnanj/apart-hackathon-ideas): one unseeded run
// per depth; the files of depths 6 and 7 cannot be read. Losses and accuracy at the end.
struct Published {
    std::int64_t depth;
    double lambda_max_at_0, lambda_max_at_1000, lambda_max_at_9000;
    double train_loss, test_loss, best_test_accuracy;
};
inline constexpr Published kPublished[] = {
    {1, 1.1e4, 1355, 2318, 1.75, 37, 0.0203},    {2, 2390, 8401, 96830, 0.340, 72.8, 0.0559},
    {3, 723, 25150, 61470, 0.221, 93.8, 0.0523}, {4, 39, 69220, 163700, 0.147, 86.6, 0.0255},
    {5, 9.9, 47270, 81130, 0.202, 67.2, 0.0156},
};
// Its runs are single and unseeded, so that only the median of several of ours says whether it can
// be one of them.
inline constexpr std::size_t kSeedsToJudge = 5;

// 2h + h + (d - 2)(h^2 + h) + C h + C: it counts all linear layers as d, while the code counts the
// hidden ones, so that it misses a layer, and is negative at d = 1.
std::int64_t published_formula(const models::MlpSettings& settings);

// True for the settings of recipe literal, over any seeds (report/judged_setting.h).
bool is_published_setting(const std::filesystem::path& folder);

// A published number beside the median of ours.
struct Comparison {
    std::string quantity{};  // "lambda_max_at_0", ...
    std::int64_t depth = 0;
    double published = 0;
    double measured = std::numeric_limits<double>::quiet_NaN(), low = measured, high = measured;
    std::size_t seeds = 0;
    double least_ratio = 0, most_ratio = 0;  // of measured to published; 0 to 0: nothing promised
    // "holds", "fails", "not judged: 1 of 5 seeds"; empty where nothing is promised.
    std::string verdict{};

    double ratio() const { return measured / published; }
};

// Every published number of the depths of the run, in the order of the quantities. Promised are a
// train loss within 25 % and a sharpness, which has spikes, within a factor of three.
std::vector<Comparison> compare_with_published(const report::SeedTable& summary,
                                               const report::SeedTable& curvature);

// reference.tsv: these comparisons. Nothing for other settings.
void write_reference(const std::filesystem::path& folder, const report::SeedTable& summary,
                     const report::SeedTable& curvature);

}  // namespace dualtape::grokking_hessian
