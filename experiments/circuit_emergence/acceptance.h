#pragma once
// acceptance.tsv: what a setting is known to show, and whether this run shows it.

#include <filesystem>

#include "experiments/circuit_emergence/by_width.h"

namespace dualtape::circuit_emergence {

// One row per statement of the recipe nearest to the run: what was measured, and "holds", "fails",
// "not decided: why" or, in a run that departs from the recipe, "not judged: why". Recipe literal
// is held to the published numbers; corrected and quick to generalisation at widths from 128 on, to
// a clear frequency in these networks after 5000 steps, and to more in width 128 than in width 16;
// tiny promises nothing: no rows. Reads summary.tsv and by_width.tsv.
void write_acceptance(const std::filesystem::path& folder, const ProbeRows& rows);

}  // namespace dualtape::circuit_emergence
