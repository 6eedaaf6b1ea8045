#pragma once
// The smallest set of units that still does the task: found greedily, beside random sets.

#include <vector>

#include "experiments/analyses/ablation/ablation_curves.h"

namespace dualtape::analyses {

// Units in the order in which they were ablated, all F; loss and accuracy after k ablations,
// F + 1 of each, of the samples of the ablation, averaged over draws.
struct GreedyPath {
    std::vector<Index> order;
    std::vector<double> loss, accuracy;
};

// Backward selection: of the units left, ablates the one that leaves the least loss (of equals the
// first), until none is left. The path is chosen on the samples on which it is reported; follow
// its order on other samples by cumulative_ablation.
//
// Exact, but does not try every unit. Along the line on which a unit leaves, cross-entropy is
// convex with a third derivative bounded by its second, which gives every candidate a lower bound
// from one matrix product; candidates are tried from the lowest bound up, until the next bound is
// above the best loss found (derivation at the definition).
// Cost: about F^2 / 2 candidates, C N exponentials for each that is tried, 4 C N flops for each
// bound, all times draws; 8 C N draws bytes. Planted networks of 256 units and 113 classes on 2000
// samples had 6 to 21 % of the candidates tried. Same bits for any number of threads.
// Errors: those of ReadoutAblation::check.
// Source of the bound: Bach, Self-concordant analysis for logistic regression, 2010, section 2.
GreedyPath greedy_ablation(const ReadoutAblation& ablation, int threads);

// What a path keeps when it stops just before the accuracy first falls below share * that of the
// whole network, and how random sets compare.
struct MinimalCircuit {
    double share = 0;          // of the accuracy
    std::vector<Index> units;  // kept, in increasing order
    double loss = 0, accuracy = 0;
    // Random sets of as many units: median, and quantiles 0.025 and 0.975.
    double random_accuracy = 0;
    statistics::Interval random_accuracy_range;
    // Units kept when the same rule is followed in random orders.
    double random_size = 0;
    statistics::Interval random_size_range;

    Index size() const { return static_cast<Index>(units.size()); }
};

// One circuit a share, usually 0.99 and 0.90. random: curves of random_ablation with all_counts,
// on the same samples. Throws std::invalid_argument unless shares are in (0, 1], there is a random
// curve, and every curve has F + 1 points.
std::vector<MinimalCircuit> minimal_circuits(const GreedyPath& path,
                                             const std::vector<AblationCurve>& random,
                                             const std::vector<double>& shares);

}  // namespace dualtape::analyses
