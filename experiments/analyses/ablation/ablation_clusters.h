#pragma once
// Table of what the network loses without the units, or the embedding, of one frequency.

#include <string>
#include <vector>

#include "experiments/analyses/ablation/ablated_node.h"
#include "experiments/analyses/ablation/ablation_rows.h"

namespace dualtape::analyses {

struct ClusterRows {
    lab::TableRows table;                         // ablation_clusters.tsv
    Index num_clusters = 0, num_frequencies = 0;  // of units, and of the embedding
    // Why there are none; empty otherwise.
    std::string clusters_note{}, frequencies_note{};
};

// Clusters of units of the last hidden layer by frequency (analyses/fourier/fourier_neurons.h):
// each of them, and all together, removed and kept alone. Of a network with embedding also every
// frequency of the table: its two waves over the tokens removed, or kept with the constant alone.
// Needs a task with all p^2 pairs.
ClusterRows cluster_rows(const AblatedNode& node, const std::vector<PartAblation>& parts,
                         const AblationSettings& settings);

// Theta with the embedding's rows, functions of the token, projected off the waves of these
// frequencies; or on them and the constant. Throws std::invalid_argument without an embedding.
Vec<double> without_frequencies(const pairs::Snapshot& snapshot,
                                const std::vector<Index>& frequencies);
Vec<double> with_only_frequencies(const pairs::Snapshot& snapshot,
                                  const std::vector<Index>& frequencies);

}  // namespace dualtape::analyses
