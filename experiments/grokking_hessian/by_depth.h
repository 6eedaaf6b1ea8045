#pragma once
// by_depth.tsv and classes.tsv: what the seeds of each depth have in common.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "experiments/lab/table.h"
#include "experiments/report/estimates.h"
#include "experiments/report/run_tables.h"

namespace dualtape::grokking_hessian {

// Median and 95 % interval of each quantity of summary.tsv: by the bootstrap, over the seeds that
// have the quantity; for times by Kaplan-Meier over all seeds, those that did not get there being
// censored at their last step. A delay is censored from the step of memorising on, and for good
// where there was none. +inf: not reached by half of the seeds. One seed has no interval.
void write_by_depth(const std::filesystem::path& folder, const report::SeedTable& summary);

// How many trainings of each depth grokked, generalised at once, only memorised or did not fit,
// with the Wilson interval of the share. One seed has no interval.
void write_classes(const std::filesystem::path& folder, const report::SeedTable& summary);

// Both tables of a finished run.
class ByDepth {
  public:
    explicit ByDepth(const std::filesystem::path& folder);

    // No seeds and NaN where there is no such row.
    report::Estimate estimate(std::string_view quantity, std::int64_t depth) const;
    double median(std::string_view quantity, std::int64_t depth) const {
        return estimate(quantity, depth).median;
    }
    // In the order of the depths.
    std::vector<report::Estimate> estimates(std::string_view quantity,
                                            const std::vector<std::int64_t>& depths) const;
    // True when half of the seeds or more reached it.
    bool is_reached(std::string_view time, std::int64_t depth) const;
    // True when most trainings are of the class "grokked".
    bool groks(std::int64_t depth) const;
    // text_of the estimate.
    std::string text(std::string_view quantity, std::int64_t depth) const;
    // "grokked"; "grokked 4 of 5 (0.38 to 0.96), memorised 1 of 5 (0.036 to 0.62)": the classes
    // that occur and, over several seeds, always the share that grokked.
    std::string classes(std::int64_t depth) const;

    // Rows of by_depth.tsv in the order of the file: depth, quantity.
    const std::vector<std::pair<std::int64_t, std::string>>& keys() const { return keys_; }

  private:
    std::vector<std::pair<std::int64_t, std::string>> keys_;
    std::vector<report::Estimate> estimates_;
    lab::Table classes_;
};

}  // namespace dualtape::grokking_hessian
