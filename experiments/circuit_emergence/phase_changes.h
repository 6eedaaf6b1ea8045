#pragma once
// emergence.tsv: where a training suddenly begins to show a concept.

#include <filesystem>
#include <vector>

#include "experiments/circuit_emergence/frequencies.h"

namespace dualtape::circuit_emergence {

// One row per rise above 0.3 from one probed step to the next (study/training_measures.h,
// find_jumps): of the held-out accuracy of a concept, or of the mean R^2 of the frequencies of an
// operand. Columns: width, seed, node, concept, step_before, step, from, to.
void write_phase_changes(const std::filesystem::path& folder, const ProbeRows& rows,
                         const std::vector<OverFrequencies>& frequencies);

}  // namespace dualtape::circuit_emergence
