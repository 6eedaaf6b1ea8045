#pragma once
// How much of the logits is the circuit of modular addition: variance by direction, coefficients of
// cos(2 pi k (a + b - c) / p).

#include <span>

#include "experiments/analyses/fourier/fourier_pairs.h"

namespace dualtape::analyses {

// Energies are sums over classes and grid of (logit - mean of its class)^2.
struct LogitFrequencies {
    PairSpectrum spectrum;  // row = class
    double energy = 0;
    // Shares of the energy at each frequency, floor(p / 2) x 4, row k - 1: waves of a, b, a + b and
    // a - b. What is on none of them is 1 - the sum. All 0 for constant logits.
    Mat<double> share;
};

// logits: C x p^2, column a p + b. Cost, threads and errors: those of pair_spectrum.
LogitFrequencies logit_frequencies(const FourierBasis& basis, In<Mat<double>> logits,
                                   int threads = 1);

// Logit FVE: share of the energy on the directions of these frequencies, in [0, 1].
// Throws std::invalid_argument for a frequency out of range or given twice.
// Source: Nanda et al. 2023, arXiv 2301.05217.
double explained_by(const FourierBasis& basis, const LogitFrequencies& logits,
                    std::span<const Index> frequencies, Combination combination = Combination::sum);

// Least squares of the centred logits of class c on cos(2 pi k (s - c) / p), s = a + b, or a - b
// for subtraction, all k at once: the waves are orthogonal over the p^3 triples.
struct LabelWaves {
    Vec<double> coefficient;  // floor(p / 2), entry k - 1
    Vec<double> explained;    // share of the energy, in [0, 1]; their sum is R^2
};
// Throws std::invalid_argument unless there are p classes, or for the combination `block`.
LabelWaves fit_label_waves(const FourierBasis& basis, const LogitFrequencies& logits,
                           Combination combination = Combination::sum);

}  // namespace dualtape::analyses
