#pragma once
// Splits of a task into train and test samples, by our streams or by the generators of published
// code.

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/pairs/tasks.h"

namespace dualtape::pairs {

// Sample indices into a Task, in the order drawn.
struct Split {
    std::vector<std::int32_t> train, test;
    Index leaked = 0;  // test samples whose mirror image (b, a) is in the train part
};

struct SplitSettings {
    double train_fraction = 0.5;  // in (0, 1]; int(fraction * n) samples are for training
    std::uint64_t seed = 0;
    bool by_orbit = false;              // keep (a, b) and (b, a) on the same side
    std::string generator = "philox";   // a word of split_generators()
    Index train_cap = 0, test_cap = 0;  // samples kept of either part, the first ones; 0: all
};

// Where permutations come from: "philox", our stream "split"; "cpython", random.Random(seed)
// .shuffle(list); "torch", torch.manual_seed(seed) and torch.randperm(n) on the CPU.
const std::vector<std::string>& split_generators();

// The numbers 0 to n - 1 in random order. Throws std::invalid_argument for an unknown generator.
std::vector<std::int32_t> permutation(std::size_t n, const std::string& generator,
                                      std::uint64_t seed);

// Throws std::invalid_argument naming the setting, its value and the remedy: a fraction outside
// (0, 1] or so small that no sample is left to train on, an unknown generator, a negative cap.
Split make_split(const Task& task, const SplitSettings& settings);

// The order in which CPython (3.8 or newer) iterates over a set of all pairs (i, j), i and j in
// [0, p), that was filled lexicographically: published code has split such sets.
std::vector<std::int32_t> python_set_order(std::int64_t p);

}  // namespace dualtape::pairs
