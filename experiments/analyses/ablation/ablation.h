#pragma once
// Ablation of hidden units that are read out linearly: what accuracy, loss and logits lose.
//
// The network ends in logits = W h + b, C x N. A set A of hidden units is ablated by putting
// replacements c in their place (replacement.h):
//   logits' = logits - sum_{j in A} W_j (h_j - c_j)
// One unit is an update of rank 1 and needs no product. node_ablation.h does the same to any named
// node of any network, at the price of a replay.

#include <cstdint>
#include <span>
#include <vector>

#include "experiments/analyses/ablation/replacement.h"
#include "experiments/statistics/bootstrap.h"

namespace dualtape::analyses {

struct Readout {
    Mat<double> weight;  // W, C x F
    Vec<double> bias;    // b, C
};

// A readout, the samples on which its units are ablated, and what takes their place. Train and
// test samples are two of these. Immutable; the functions of this file and of ablation_curves.h,
// ablation_pairs.h and minimal_circuit.h read it.
struct ReadoutAblation {
    Readout readout;
    Mat<double> hidden;                // h, F x N
    std::vector<std::int32_t> labels;  // N, below C
    Replacement replacement;           // of N samples

    Index neurons() const { return hidden.rows(); }
    Index samples() const { return hidden.cols(); }
    Index classes() const { return readout.weight.rows(); }
    // Every function calls it. Throws std::invalid_argument naming what does not fit: sizes,
    // labels, columns of the pool; values that are not finite; fewer than two classes; no sample.
    void check() const;
};

// Metrics of a prediction, means over samples (and over the draws of a replacement).
struct AblationMetrics {
    double accuracy = 0;       // share whose largest logit is the label; ties: the first
    double loss = 0;           // cross-entropy in nats
    double correct_logit = 0;  // of the label
    double margin = 0;         // of the label's logit over the largest other
    double divergence = 0;     // KL(clean || ablated) of the predicted distributions, in nats
};

struct Estimate {
    double value = 0;
    statistics::Interval interval;  // 95 %
};

// Ablated less clean, with paired bootstrap intervals over the samples (bootstrap.h).
struct AblationChange {
    Estimate accuracy, loss, correct_logit, margin, divergence;
};

// Without ablation; the divergence is 0. Cost: one product, 2 C F N flops.
AblationMetrics clean_metrics(const ReadoutAblation& ablation);

// C x N logits with these units ablated, by a product with the replaced activations: the
// reference for every shortcut. With all units at zero they are the bias exactly.
// Throws std::invalid_argument for units that do not exist or are listed twice, and for a draw
// that the replacement does not have.
Mat<double> ablated_logits(const ReadoutAblation& ablation, std::span<const Index> units,
                           Index draw);

// One set of units ablated together. Cost: draws + 1 products, and the bootstrap of five rows.
// Throws std::invalid_argument for units that do not exist or are listed twice.
AblationChange ablate_set(const ReadoutAblation& ablation, std::span<const Index> units,
                          const statistics::BootstrapSettings& bootstrap);

// Several sets, each by itself, on the same resamples. Cost: draws products a set, and one
// bootstrap of five rows a set. Errors: those of ablate_set.
std::vector<AblationChange> ablate_sets(const ReadoutAblation& ablation,
                                        const std::vector<std::vector<Index>>& sets,
                                        const statistics::BootstrapSettings& bootstrap);

// Every unit by itself, F of them. Cost: F draws C N exponentials, 5 F rows of bootstrap, and
// 40 F N bytes. Same bits for any number of threads, which are those of `bootstrap`.
std::vector<AblationChange> ablate_each(const ReadoutAblation& ablation,
                                        const statistics::BootstrapSettings& bootstrap);

struct ClusterAblation {
    std::vector<Index> units;
    AblationChange removed;    // these units ablated
    AblationChange kept_only;  // all others ablated
};

// Groups of units, such as those that share a frequency: each removed, and each alone. Groups may
// overlap. Cost and errors: twice ablate_set a group.
std::vector<ClusterAblation> ablate_clusters(const ReadoutAblation& ablation,
                                             const std::vector<std::vector<Index>>& clusters,
                                             const statistics::BootstrapSettings& bootstrap);

}  // namespace dualtape::analyses
