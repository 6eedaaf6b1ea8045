#pragma once
// Whether the network uses what a probe reads: task accuracy after erasing the probe's direction.

#include <string>
#include <vector>

#include "experiments/analyses/probes/probe_settings.h"
#include "experiments/analyses/probes/probed_pairs.h"

namespace dualtape::analyses {

struct Erasure {
    double accuracy = 0;          // on the task; NaN: see note
    double removed_variance = 0;  // share of the node's
    std::string note{};
};

struct ErasedNode {
    std::string node;
    double before = 0;              // task accuracy of the whole network on the probed pairs
    std::vector<Erasure> concepts;  // along the probe of each concept of the settings
    std::vector<Erasure> random;    // along each random direction, the same for all concepts
};

// Nodes whose values can be replaced: all but inputs that are the pair itself. values: of `nodes`,
// F x N. The probe is fitted to all probed pairs. Directions and nodes in parallel.
std::vector<ErasedNode> erase_probes(const pairs::Snapshot& snapshot,
                                     const std::vector<std::string>& nodes,
                                     const std::vector<Mat<double>>& values,
                                     const ProbedPairs& pairs, const ProbeSettings& settings);

}  // namespace dualtape::analyses
