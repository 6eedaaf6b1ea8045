#pragma once
// Figures of the tables of analyses/probes/probe_tables.h.

#include <optional>
#include <string>

#include "experiments/lab/figure.h"
#include "experiments/report/snapshot_table.h"

namespace dualtape::analyses {

// Balanced accuracy of every concept at every node of one family, at the last step.
lab::Figure concept_matrix_figure(const report::SnapshotTable& probes, std::size_t family,
                                  const std::string& setting);
// One concept along the nodes, with its controls; a panel per family, at most six.
lab::Figure probe_layer_figure(const report::SnapshotTable& probes, const std::string& name,
                               const std::string& setting);
// R^2 of every frequency at every node of one family; a panel per operand.
lab::Figure phase_figure(const report::SnapshotTable& phases, std::size_t family,
                         const std::string& setting);
// The headline concepts and the best frequency of the sum along the training; nothing for one step.
std::optional<lab::Figure> probe_time_figure(const report::SnapshotTable& probes,
                                             const report::SnapshotTable& phases,
                                             std::size_t family, const std::string& setting);
// Change of the task accuracy when the direction of a probe, or a random one, is erased.
lab::Figure erasure_figure(const report::SnapshotTable& erasure,
                           const std::vector<std::string>& concepts, const std::string& setting);

}  // namespace dualtape::analyses
