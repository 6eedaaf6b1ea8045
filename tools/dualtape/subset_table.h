#pragma once
// subsets.tsv of `dualtape spectrum --hessian-batch`, and what the report says of it.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/analyses/curvature/spectrum.h"
#include "experiments/lab/labels.h"
#include "experiments/lab/report.h"
#include "experiments/report/training_groups.h"

namespace dualtape::tools {

inline constexpr const char* kSubsetTable = "subsets.tsv";

// Appends a row for every spectrum: of subsets 0, 1, ... of `samples` samples each.
void add_subsets(const std::filesystem::path& out, const lab::Labels& labels, std::int64_t step,
                 Index samples, const std::vector<analyses::Spectrum>& spectra);

// From subsets.tsv of the folder, which must be there, beside the values of all samples.
lab::ReportTable subset_report_table(const std::filesystem::path& out,
                                     const report::TrainingGroups& spectra);
// Of solves on subsets that have not converged. None without a table.
std::vector<std::string> subset_warnings(const std::filesystem::path& out);

}  // namespace dualtape::tools
