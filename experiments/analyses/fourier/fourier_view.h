#pragma once
// A network at one checkpoint, seen in frequencies.

#include <optional>
#include <vector>

#include "experiments/analyses/fourier/fourier_logits.h"
#include "experiments/analyses/fourier/fourier_neurons.h"
#include "experiments/analyses/fourier/fourier_settings.h"
#include "experiments/analyses/fourier/key_frequencies.h"
#include "experiments/analyses/fourier/label_correlation.h"
#include "experiments/pairs/snapshot.h"

namespace dualtape::analyses {

using Frequencies = std::vector<Index>;

struct FourierView {
    FourierBasis basis;
    Mat<double> logits;       // C x p^2, column a p + b
    Mat<double> activations;  // neurons x p^2, of the node
    // What tokens are represented by, features x p: the embedding; for one-hots, the columns of the
    // first weight for a above those for b. No columns: raw integers have no table.
    Mat<double> tokens;
    Mat<double> output_map;    // C x h, of the last hidden layer
    bool node_is_last = true;  // the output map reads the neurons of the node
    LogitFrequencies logit_frequencies;
    NeuronFrequencies neurons;
    KeyFrequencies by_neurons;
    std::optional<KeyFrequencies> by_embedding;  // none for raw integers
    std::optional<KeyFrequencies> by_output;     // none unless C = p

    const Frequencies& keys(KeyRule rule) const;
    bool classes_are_numbers() const { return by_output.has_value(); }  // C = p
};

// Empty when weights, activations or logits are not finite: a diverged training.
// Cost: a forward pass over all pairs, and O(p^2) a neuron and class.
std::optional<FourierView> view_in_frequencies(const pairs::Snapshot& snapshot,
                                               const FourierSettings& settings);

// What the numbers of a view are without the order of the tokens.
struct FourierNulls {
    NeuronNull neurons;
    std::optional<PermutationNull> embedding, output;
};
// Empty when the settings ask for no permutations. Stream "permutations" of the snapshot's seed.
std::optional<FourierNulls> fourier_nulls(const FourierView& view, const pairs::Snapshot& snapshot,
                                          const FourierSettings& settings);

NullSettings null_settings(const pairs::Snapshot& snapshot, const FourierSettings& settings);

}  // namespace dualtape::analyses
