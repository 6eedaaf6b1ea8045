#pragma once
// Key frequencies of a network by three published rules, and the floor that noise reaches.

#include <string>

#include "experiments/analyses/fourier/fourier_neurons.h"
#include "experiments/analyses/fourier/permutation_null.h"

namespace dualtape::analyses {

enum class KeyRule {
    embedding,  // norm of the token table at the frequency: above 1/4 of the largest
    output,     // norm of the output map along its classes: above 1/4 of the largest
    neurons     // best frequency of enough neurons; the default
};
std::string key_rule_words(KeyRule rule);  // for tables: what the rule compares

struct KeyFrequencies {
    KeyRule rule = KeyRule::neurons;
    std::vector<Index> frequencies;  // rising; of all k = 1 .. floor(p / 2)
    Vec<double> strength;            // floor(p / 2), what was compared: norms, or neurons
    double threshold = 0;            // in the same unit: above it for norms, at least for neurons
};

// By norms: table is features x p, column = token or class (an embedding table, or the transpose
// of W_out W_U). A table of zeros has no key.
// Source: Nanda et al. 2023, arXiv 2301.05217; published code stops one short of floor(p / 2).
KeyFrequencies key_frequencies(const FourierBasis& basis, KeyRule rule, In<Mat<double>> table);

// By neurons: k is a key when at least 1 % of the live neurons, and at least two, have it as their
// best frequency with an explained variance of `threshold` or more.
KeyFrequencies key_frequencies(const FourierBasis& basis, const NeuronFrequencies& neurons,
                               double threshold = 0.85);

// What the same numbers give after the tokens have been renamed at random, all features or neurons
// together and both operands alike: that keeps everything but the order of the tokens. Exact under
// the hypothesis that the names of the tokens do not matter.
struct PermutationNull {
    Index permutations = 0;
    Vec<double> observed;  // floor(p / 2): largest over the neurons, or the norm
    Vec<double> floor;     // floor(p / 2): quantile `level` of the same under permutation
    double p_value = 1;    // of the largest over all frequencies (and neurons)
};

struct NeuronNull : PermutationNull {
    double mean_p_value = 1;     // of the mean over live neurons of their best explained variance
    Vec<double> neuron_p_value;  // of each neuron's own best, by itself; NaN: dead
};

// Of frequency_norms. Cost: 2 D p^2 flops a permutation. Same bits for any number of threads.
// Throws std::invalid_argument as check_null_settings.
PermutationNull norm_null(const FourierBasis& basis, In<Mat<double>> table,
                          const NullSettings& settings);

// Of the explained variance of neurons that were measured from these activations. Cost: that of
// pair_spectrum a permutation. Without live neurons all p-values are 1 and floors 0.
NeuronNull neuron_null(const FourierBasis& basis, In<Mat<double>> activations,
                       const NeuronFrequencies& neurons, const NullSettings& settings);

}  // namespace dualtape::analyses
