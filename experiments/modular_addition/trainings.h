#pragma once
// The trainings of a run of modular_addition, seed by seed, and what they have in common.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/lab/table.h"
#include "experiments/report/estimates.h"
#include "experiments/statistics/training_measures.h"

namespace dualtape::modular_addition {

struct SeedCurve {
    std::int64_t seed = 0;
    statistics::LearningCurve curve;
};
// From metrics.tsv, in the order of the file.
std::vector<SeedCurve> seed_curves(const std::filesystem::path& folder);

// Steps in which every training pair is used once, from data.safetensors and config.toml; 1 for
// the full batch.
double steps_per_epoch(const std::filesystem::path& folder);

// summary.tsv, a row a seed; jumps.tsv, a row for each rise of the test accuracy by more than 0.3
// between two logs; over_seeds.tsv, the median of each quantity with its interval.
void summarise_trainings(const std::filesystem::path& folder);

// over_seeds.tsv of a finished run.
class OverSeeds {
  public:
    explicit OverSeeds(const std::filesystem::path& folder);
    report::Estimate estimate(
        const std::string& quantity) const;  // no seeds where there is no such row
    std::string text(const std::string& quantity) const {
        return report::text_of(estimate(quantity));
    }
    // "one seed"; "3 seeds, median (range)".
    std::string seeds() const;
    const std::vector<std::string>& quantities() const { return quantities_; }

  private:
    std::vector<std::string> quantities_;
    std::vector<report::Estimate> estimates_;
};

}  // namespace dualtape::modular_addition
