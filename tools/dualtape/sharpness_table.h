#pragma once
// sharpness.tsv of `dualtape spectrum`, and the table of it in the report.

#include <filesystem>

#include "experiments/analyses/curvature/sharpness_measures.h"
#include "experiments/analyses/curvature/spectrum.h"
#include "experiments/lab/labels.h"
#include "experiments/lab/report.h"

namespace dualtape::tools {

inline constexpr const char* kSharpnessTable = "sharpness.tsv";

// Appends a row. hessian: of the whole Hessian at the same point, null when it was not measured;
// then its columns are empty.
void add_sharpness(const std::filesystem::path& out, const lab::Labels& labels, std::int64_t step,
                   const analyses::SharpnessMeasures& measures,
                   const analyses::MeasureSettings& settings, const analyses::Spectrum* hessian);

// From sharpness.tsv of the folder, which must be there.
lab::ReportTable sharpness_report_table(const std::filesystem::path& out);

}  // namespace dualtape::tools
