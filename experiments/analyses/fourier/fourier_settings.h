#pragma once
// Settings of Fourier analysis, and what they mean for one network.

#include <string>

#include "experiments/analyses/fourier/fourier_pairs.h"
#include "experiments/analyses/fourier/key_frequencies.h"
#include "experiments/lab/options.h"
#include "experiments/pairs/snapshot.h"

namespace dualtape::analyses {

struct FourierSettings {
    std::string key_rule = "neurons";  // or embedding, output
    std::string keys_from = "final";   // or each: the checkpoint whose rule names the keys
    std::string node = "last";         // or first, or the name of a hidden node of the network
    std::string combination = "auto";  // or sum, difference, block
    double fve_threshold = 0.85;
    double correlation_threshold = 0.3;
    std::int64_t permutations = 200;  // of the null; 0: none
    double floor_level = 0.95;
    std::string detail = "final";  // or each: checkpoints whose frequencies and neurons are listed
};

// Opens the group "fourier" and adds all of them.
void add_fourier(lab::Options& options, FourierSettings& settings);

// Throws lab::InputError, naming the setting and the remedy, when the settings do not fit.
void check_fourier(const FourierSettings& settings, const pairs::Snapshot& snapshot);

// The settings for one network.
struct FourierChoice {
    std::string node;
    KeyRule key_rule = KeyRule::neurons;
    // Directions of the logits that count as a key.
    Combination combination = Combination::sum;
    // sum or difference: what the label is a wave of. That of the operation for a whole block.
    Combination label = Combination::sum;
};
// Of settings that passed check_fourier.
FourierChoice choose(const FourierSettings& settings, const pairs::Snapshot& snapshot);

std::string combination_word(Combination combination);

}  // namespace dualtape::analyses
