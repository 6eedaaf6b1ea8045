#pragma once
// Settings of the probes of trained networks.

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/lab/options.h"
#include "experiments/pairs/snapshot.h"

namespace dualtape::analyses {

struct ProbeSettings {
    // Empty: all of PairNetwork::nodes().
    std::vector<std::string> nodes{};
    // Words of analyses/probes/concepts.h with labels. Reports put the first ones first.
    std::vector<std::string> concepts{"x_even", "sum_even",          "carry",      "y_even",
                                      "x_high", "x_even_xor_y_even", "x_equals_y", "sum_is_zero"};
    // At all snapshots but the last these alone, held out and without controls.
    std::vector<std::string> time_concepts{"x_even", "sum_even", "carry"};
    std::vector<std::string> fourier_operands{"x", "sum"};

    // Pairs that are probed: "test", "train" or "all". A run without test pairs has a probe split:
    // this share of all pairs, the last ones in the order of this generator (pairs/split.h) and
    // seed.
    std::string part = "test";
    double fraction = 0.2;
    std::string split_generator = "philox";
    std::int64_t split_seed = 42;

    std::int64_t folds = 5, repeats = 1;
    std::string groups = "none";  // held out together: "orbit", "x", "y"
    std::vector<double> penalties{1e-4, 1e-2, 1, 1e2, 1e4};
    bool is_standardised = true;

    std::int64_t permutations = 20;  // 0: none
    std::string permuted_probe = "least_squares";
    std::int64_t literal_iterations = 1000;
    bool has_literal = true, has_control_task = true, has_untrained = true, has_erasure = true;
    std::int64_t random_directions = 20;
};

// Opens the group "probe" and adds all of them.
void add_probe(lab::Options& options, ProbeSettings& settings);

// Throws lab::InputError, naming the setting and the remedy: a node or concept that does not exist,
// or one without labels; fewer pairs than folds; nothing left to probe, as every concept has one
// class on the pairs.
void check_probe(const ProbeSettings& settings, const pairs::Snapshot& snapshot);

// The nodes asked for, in the order of the network.
std::vector<std::string> probed_nodes(const ProbeSettings& settings,
                                      const pairs::PairNetwork& network);

}  // namespace dualtape::analyses
