#pragma once
// A task of two operands on the grid of all pairs: pair a p + b is (a, b).

#include <cstdint>
#include <vector>

#include "experiments/pairs/split.h"
#include "experiments/pairs/tasks.h"

namespace dualtape::pairs {

struct PairTable {
    Index p = 0;                            // tokens of an operand
    std::vector<std::int32_t> labels;       // p^2, what a network should answer; -1: no such sample
    std::vector<std::int32_t> train, test;  // pairs, in the order of the split

    // Division has no pair with an operand that cannot be inverted.
    bool is_whole() const { return num_samples == p * p; }
    Index num_samples = 0;
};

// Labels are the true ones, without label noise. Throws std::invalid_argument unless the task has
// two operands.
PairTable make_pair_table(const Task& task, const Split& split);

}  // namespace dualtape::pairs
