#pragma once
// Tables of probes of trained networks: which concepts can be read linearly, where and with what
// controls.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/analyses/probes/probe_settings.h"

namespace dualtape::analyses {

// The files that are written; what their rows say is in experiments/README.md.
//   probes.tsv             one row per snapshot, node, concept, control and protocol
//   probe_selectivity.tsv  one row per node and concept of the last snapshot
//   fourier_probes.tsv     one row per snapshot, node, operand and frequency
//   erasure.tsv            one row per node, concept and direction of the last snapshot
const std::vector<std::string>& probe_tables();

// Appends to the tables of a folder the rows of the snapshots of one training, oldest first. The
// last snapshot is probed for all concepts with all controls; earlier ones for time_concepts and
// frequencies alone. Rows of a snapshot are written when it is complete.
// Nodes and concepts in parallel, same bytes for any number of threads. Cost: N F^2 flops per
// Newton step, some twenty steps a fold, four cross-validations a concept at the last snapshot;
// most of the time goes there where there are few snapshots, and into time_concepts where many. The
// literal probe adds literal_iterations of 4 N F flops or a few times that, and a fit of Newton's.
// Throws lab::InputError as check_probe, before anything is written.
void write_probe_tables(const std::filesystem::path& folder, const ProbeSettings& settings,
                        const std::vector<pairs::Snapshot>& snapshots);

}  // namespace dualtape::analyses
