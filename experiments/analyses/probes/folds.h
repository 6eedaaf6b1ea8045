#pragma once
// Folds of cross-validation: every sample is held out once.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/core/types.h"
#include "experiments/analyses/probes/concepts.h"

namespace dualtape::analyses {

struct Folds {
    std::vector<std::int32_t> fold;  // N: the fold that holds the sample out
    Index count = 0;

    // Samples in increasing order.
    std::vector<Index> held_out(Index which) const;
    std::vector<Index> training(Index which) const;
};

// Which random stream cuts the folds; nothing else is random.
struct FoldStream {
    std::uint64_t seed = 0;
    std::string_view purpose = "folds";
    std::uint64_t index = 0;
};

// Shuffles the samples of each class and deals them out in turn, class after class without
// starting anew: a class has the same number of samples in all folds, give or take one, and so has
// the whole. One class stands for no stratification.
// Throws std::invalid_argument for fewer than 2 folds, a label outside [0, classes), or a class
// that has samples, but fewer than folds: it would be absent from a held-out fold.
Folds stratified_folds(std::span<const std::int32_t> labels, Index classes, Index count,
                       const FoldStream& stream);

// Samples of one group are held out together: in shuffled order, the larger groups first, each goes
// to the fold where it keeps the shares of classes and samples most even. Cost: groups x folds.
// Throws std::invalid_argument as above, for fewer groups than folds, and for a class that lies in
// fewer groups than folds.
Folds grouped_folds(std::span<const std::int32_t> groups, std::span<const std::int32_t> labels,
                    Index classes, Index count, const FoldStream& stream);

// The orbit {(x, y), (y, x)}: x y and y x are the same sum, so that a probe which has seen one has
// seen the other.
std::vector<std::int32_t> orbit_groups(const Pairs& pairs);
// The words "none" (no groups: empty), "orbit", "x" and "y" (the operand itself).
// Throws std::invalid_argument for another word.
std::vector<std::int32_t> groups_by(const std::string& word, const Pairs& pairs);

}  // namespace dualtape::analyses
