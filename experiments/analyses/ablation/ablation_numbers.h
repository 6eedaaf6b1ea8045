#pragma once
// Tables of a report from the tables of analyses/ablation/ablation_tables.h: all trainings at their
// last step, those that differ in the seed alone as medians.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/lab/report.h"

namespace dualtape::analyses {

// One number over trainings of one network: "0.98 (0.97 to 0.99)", the median and the range; "0.98"
// when all are equal; a dash for none.
std::string median_and_range(const std::vector<double>& values);

// Empty ones, of tables that are missing, are left out.
std::vector<lab::ReportTable> ablation_numbers(const std::filesystem::path& folder);

}  // namespace dualtape::analyses
