#pragma once
// What claims and report of a finished run are told from.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/grokking_hessian/by_depth.h"
#include "experiments/report/judged_setting.h"
#include "experiments/report/run_tables.h"
#include "experiments/report/training_groups.h"

namespace dualtape::grokking_hessian {

struct Findings {
    explicit Findings(const std::filesystem::path& folder);

    const std::vector<std::int64_t>& depths() const { return summary.depths(); }
    bool has(std::int64_t depth) const;
    bool is_reached(const std::string& time, std::int64_t depth) const {
        return by_depth.is_reached(time, depth);
    }
    // "one seed"; "5 seeds, median (95 % interval)".
    std::string seeds() const;
    // "depth 1: ...; depth 2: ... [one seed]", from a depth on.
    std::string each(const std::string& quantity, std::int64_t from = 1) const;
    // "0.03 and 0.04", in the order of the depths.
    std::string values(const std::string& quantity, const std::vector<std::int64_t>& at) const;
    // Of each depth of the run, for decisions on their order.
    std::vector<report::Estimate> along(const std::string& quantity) const {
        return by_depth.estimates(quantity, depths());
    }

    report::RunSettings settings;
    report::SeedTable summary, curvature;
    report::TrainingGroups eigenvalues;
    ByDepth by_depth;
    report::JudgedSetting setting;
};

}  // namespace dualtape::grokking_hessian
