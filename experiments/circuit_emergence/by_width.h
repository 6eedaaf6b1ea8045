#pragma once
// by_width.tsv: what probes of the last step read at each width, over its seeds.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "experiments/circuit_emergence/frequencies.h"
#include "experiments/report/estimates.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::circuit_emergence {

// Quantities of the concepts "fourier_sum" and "fourier_x" (frequencies.h).
inline constexpr const char* kMeanR2 = "mean_r2";
inline constexpr const char* kBestR2 = "best_r2";
inline constexpr const char* kBestWaveR2 = "best_wave_r2";

// Mean over the seeds at their last step, with its 95 % interval by Student's t; with one seed, the
// interval over the folds of its probe, where that has one; of erasure_random, 95 % of all random
// directions and seeds.
struct OverSeeds {
    std::size_t seeds = 0;
    std::string interval_over{};  // "seeds", "folds", "directions"; empty: no interval
    Measured mean{};
};
// range: of the values that are possible, where intervals end.
inline constexpr statistics::Interval kAnyValue{-std::numeric_limits<double>::infinity(),
                                                std::numeric_limits<double>::infinity()};
OverSeeds over_seeds(const std::vector<Measured>& values,
                     const statistics::Interval& range = kAnyValue);
// As decisions on orders take it: one seed, whose interval is over folds, decides none.
report::Estimate estimate_of(const OverSeeds& found);

// Columns: width, node, concept, quantity, seeds, interval_over, mean, low, high. Quantities:
//   accuracy, balanced_accuracy       held out
//   shuffled_accuracy, control_task_accuracy, untrained_accuracy
//   literal_accuracy, literal_converged_accuracy: on the pairs of the fit
//   shuffled_balanced_accuracy, control_task_balanced_accuracy, untrained_balanced_accuracy
//   base_rate                         accuracy of the commonest class
//   p_value                           of the permutations; the largest of the seeds, no interval
//   selectivity, balanced_selectivity
//   erasure_probe, erasure_random     change of the task's accuracy without the direction
//   mean_r2, best_r2, untrained_mean_r2, untrained_best_r2: of frequencies in both their waves
//   best_wave_r2, untrained_best_wave_r2: in one wave, of best phase
// No row where no seed has a number. Intervals end where the quantity does: accuracies at 0 and 1,
// R^2 at 1.
void write_by_width(const std::filesystem::path& folder, const ProbeRows& rows,
                    const std::vector<OverFrequencies>& frequencies);

class ByWidth {
  public:
    explicit ByWidth(const std::filesystem::path& folder);

    // Of the last step, in rising order.
    const std::vector<std::int64_t>& widths() const { return widths_; }
    // No seeds and NaN where there is no such row.
    OverSeeds find(std::int64_t width, const std::string& node, const std::string& topic,
                   const std::string& quantity) const;
    // "0.97 (0.95 to 0.98)"; a dash where there is no such row.
    std::string text(std::int64_t width, const std::string& node, const std::string& topic,
                     const std::string& quantity) const;

  private:
    using Key = std::tuple<std::int64_t, std::string, std::string, std::string>;
    std::vector<std::int64_t> widths_;
    std::map<Key, OverSeeds> rows_;
};

// "0.97 (0.95 to 0.98)", a dash for NaN.
std::string text_of(const Measured& measured);
// "width 16: 0.52; width 32: 0.54", with the text of each width.
std::string per_width(const std::vector<std::int64_t>& widths,
                      const std::function<std::string(std::int64_t)>& text);

}  // namespace dualtape::circuit_emergence
