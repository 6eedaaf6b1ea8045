#pragma once
// Losses of a network with only, or without, what its key frequencies compute; weight norms.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "experiments/analyses/fourier/fourier_logits.h"
#include "experiments/study/classification.h"
#include "models/mlp.h"

namespace dualtape::analyses {

// Which pairs are judged against which labels. Pairs are numbers a p + b.
struct LabelledPairs {
    std::span<const std::int32_t> labels;       // p^2, of all pairs; -1: the task has no such pair
    std::span<const std::int32_t> train, test;  // pairs; either may be empty
};

// all: the pairs that the task has. NaN for a part without pairs.
struct LossByPart {
    study::Classification all, train, test;
};

// In all of the following, logits are C x p^2 (column a p + b), `frequencies` of them were measured
// from them, P_K is the projection of every class on the directions of the keys K, and losses are
// in nats. Keys of the last checkpoint or of each one are the caller's choice, to be stated with
// the result. They throw std::invalid_argument for keys out of range or given twice, for sizes that
// do not fit and for pairs that do not exist. Cost: O(C p^2) a set of keys.
// Source: Nanda et al. 2023, arXiv 2301.05217.

// Loss of the logits as they are.
LossByPart full_loss(const FourierBasis& basis, In<Mat<double>> logits, const LabelledPairs& pairs);

// Loss of P_K logits + the mean of every class over the grid: what the keys alone achieve. Without
// keys it is the loss of the means.
LossByPart restricted_loss(const FourierBasis& basis, In<Mat<double>> logits,
                           const LogitFrequencies& frequencies, std::span<const Index> keys,
                           const LabelledPairs& pairs, Combination combination = Combination::sum);

// Train loss of logits - P_k logits for every key, and without all keys at once; no mean is added.
// It stays low while the network memorises and rises as it comes to need the keys.
struct ExcludedLoss {
    std::vector<double> by_key;  // as the keys
    double all_keys = 0;
};
// Throws std::invalid_argument also when the train part is empty.
ExcludedLoss excluded_loss(const FourierBasis& basis, In<Mat<double>> logits,
                           const LogitFrequencies& frequencies, std::span<const Index> keys,
                           const LabelledPairs& pairs, Combination combination = Combination::sum);

// Loss of sum_k coefficient_k cos(2 pi k (s - c) / p) over the keys, coefficients fitted to the
// logits (fit_label_waves): the ideal algorithm with the amplitudes of this network. Restricted
// loss also keeps what differs between classes. Needs C = p and no block.
LossByPart ideal_wave_loss(const FourierBasis& basis, const LogitFrequencies& frequencies,
                           std::span<const Index> keys, const LabelledPairs& pairs,
                           Combination combination = Combination::sum);

// Of one tensor of theta, or of all.
struct TensorNorm {
    std::string name;  // "total" for all
    Index count = 0;
    double sum_of_squares = 0;  // accumulated in double, in the order of theta
    double mean_square = 0;     // sum_of_squares / count
    double norm = 0;
};

// A row a parameter, in the order of theta (P), and the total last. Throws std::invalid_argument
// when the parameters do not add up to P.
template <class Scalar>
std::vector<TensorNorm> weight_norms(const std::vector<models::ParameterInfo>& parameters,
                                     In<Vec<Scalar>> theta);

}  // namespace dualtape::analyses
