#pragma once
// acceptance.tsv: what a setting is known to show, and whether this run shows it.

#include <filesystem>

#include "experiments/reports/run_tables.h"

namespace dualtape::reports {

// One row per statement: what was measured, and "holds", "fails" or "not judged: why". The
// published setting is held to the published numbers and to what its stored results show; inputs
// that can be told apart, trained with decay, to delayed generalisation at depths 1 and 2. Other
// settings and trainings of less than 1000 steps promise nothing: no rows.
// Reads by_depth.tsv and classes.tsv of the folder.
void write_acceptance(const std::filesystem::path& folder, const SeedTable& summary,
                      const SeedTable& curvature);

}  // namespace dualtape::reports
