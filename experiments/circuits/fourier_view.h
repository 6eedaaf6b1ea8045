#pragma once
// A network at one checkpoint, seen in frequencies.

#include <optional>
#include <vector>

#include "experiments/analysis/fourier/fourier_logits.h"
#include "experiments/analysis/fourier/fourier_neurons.h"
#include "experiments/analysis/fourier/key_frequencies.h"
#include "experiments/analysis/fourier/label_correlation.h"
#include "experiments/circuits/fourier_settings.h"
#include "experiments/circuits/snapshot.h"

namespace dualtape::circuits {

using Frequencies = std::vector<Index>;

struct FourierView {
    analysis::FourierBasis basis;
    Mat<double> logits;       // C x p^2, column a p + b
    Mat<double> activations;  // neurons x p^2, of the node
    // What tokens are represented by, features x p: the embedding; for one-hots, the columns of the
    // first weight for a above those for b. No columns: raw integers have no table.
    Mat<double> tokens;
    Mat<double> output_map;    // C x h, of the last hidden layer
    bool node_is_last = true;  // the output map reads the neurons of the node
    analysis::LogitFrequencies logit_frequencies;
    analysis::NeuronFrequencies neurons;
    analysis::KeyFrequencies by_neurons;
    std::optional<analysis::KeyFrequencies> by_embedding;  // none for raw integers
    std::optional<analysis::KeyFrequencies> by_output;     // none unless C = p

    const Frequencies& keys(analysis::KeyRule rule) const;
    bool classes_are_numbers() const { return by_output.has_value(); }  // C = p
};

// Empty when weights, activations or logits are not finite: a diverged training.
// Cost: a forward pass over all pairs, and O(p^2) a neuron and class.
std::optional<FourierView> view_in_frequencies(const Snapshot& snapshot,
                                               const FourierSettings& settings);

// What the numbers of a view are without the order of the tokens.
struct FourierNulls {
    analysis::NeuronNull neurons;
    std::optional<analysis::PermutationNull> embedding, output;
};
// Empty when the settings ask for no permutations. Stream "permutations" of the snapshot's seed.
std::optional<FourierNulls> fourier_nulls(const FourierView& view, const Snapshot& snapshot,
                                          const FourierSettings& settings);

analysis::NullSettings null_settings(const Snapshot& snapshot, const FourierSettings& settings);

}  // namespace dualtape::circuits
