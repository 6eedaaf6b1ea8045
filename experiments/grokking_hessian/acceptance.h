#pragma once
// acceptance.tsv: what a setting is known to show, and whether this run shows it.

#include <filesystem>

#include "experiments/report/run_tables.h"

namespace dualtape::grokking_hessian {

// One row per statement of the recipe nearest to the run (report/judged_setting.h): what was
// measured, and "holds", "fails", "not decided: why" or, in a run that departs from the recipe,
// "not judged: why". Recipe literal is held to the published numbers and to what its stored results
// show; corrected and quick to delayed generalisation at depths 1 and 2; tiny promises nothing: no
// rows.
// Reads by_depth.tsv and classes.tsv of the folder.
void write_acceptance(const std::filesystem::path& folder, const report::SeedTable& summary,
                      const report::SeedTable& curvature);

}  // namespace dualtape::grokking_hessian
