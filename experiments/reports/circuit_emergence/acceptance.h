#pragma once
// acceptance.tsv: what a setting is known to show, and whether this run shows it.

#include <filesystem>

#include "experiments/reports/circuit_emergence/by_width.h"

namespace dualtape::reports::circuit_emergence {

// One row per statement: what was measured, and "holds", "fails" or "not judged: why". The
// published setting is held to the published numbers. Two one-hots or embeddings, trained with
// decay on a part of the pairs: to generalisation at widths from 128 on, to a clear frequency in
// these networks after 5000 steps, and to more in width 128 than in width 16. Other settings and
// trainings of less than 1000 steps promise nothing: no rows. Reads summary.tsv and by_width.tsv.
void write_acceptance(const std::filesystem::path& folder, const ProbeRows& rows);

}  // namespace dualtape::reports::circuit_emergence
