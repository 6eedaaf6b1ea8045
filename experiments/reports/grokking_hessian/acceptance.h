#pragma once
// acceptance.tsv: what a setting is known to show, and whether this run shows it.

#include <filesystem>

#include "experiments/reports/run_tables.h"

namespace dualtape::reports {

// One row per statement of the recipe nearest to the run (reports/judged_setting.h): what was
// measured, and "holds", "fails", "not decided: why" or, in a run that departs from the recipe,
// "not judged: why". Recipe literal is held to the published numbers and to what its stored results
// show; corrected and quick to delayed generalisation at depths 1 and 2; tiny promises nothing: no
// rows.
// Reads by_depth.tsv and classes.tsv of the folder.
void write_acceptance(const std::filesystem::path& folder, const SeedTable& summary,
                      const SeedTable& curvature);

}  // namespace dualtape::reports
