#pragma once
// What the publication stored and printed, and when a run has its setting.

#include <cstdint>
#include <filesystem>

#include "models/mlp.h"

namespace dualtape::reports {

// Stored results of the publication (github.com/krishnanj/apart-hackathon-ideas): one unseeded run
// per depth; the files of depths 6 and 7 cannot be read.
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

// Relative residual above which a power iteration counts as unconverged.
inline constexpr double kPowerConverged = 1e-2;

// 2h + h + (d - 2)(h^2 + h) + C h + C: it counts all linear layers as d, while the code counts the
// hidden ones, so that it misses a layer, and is negative at d = 1.
std::int64_t published_formula(const models::MlpSettings& settings);

// True for raw integer inputs, addition modulo 97 and a tenth of the pairs.
bool is_published_setting(const std::filesystem::path& folder);

}  // namespace dualtape::reports
