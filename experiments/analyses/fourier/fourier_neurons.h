#pragma once
// Which frequency every neuron computes with: explained variance, phases, clusters.

#include <cstdint>
#include <span>
#include <vector>

#include "experiments/analyses/fourier/fourier_pairs.h"

namespace dualtape::analyses {

// Single-frequency explained variance of neurons from their activations over the grid.
struct NeuronFrequencies {
    PairSpectrum spectrum;
    Mat<double> explained;              // neurons x floor(p / 2), column k - 1: share in [0, 1]
    std::vector<Index> best;            // the k that explains most, the lowest of equals; 0: dead
    Vec<double> best_explained;         // FVE of that k; 0: dead
    std::vector<std::uint8_t> is_dead;  // 1: the activation does not vary over the grid
    Index num_live = 0;
};

// Share of the variance of a neuron that lies on the eight directions of a frequency (three at the
// Nyquist frequency). activations: neurons x p^2, column a p + b. A neuron is dead when its
// standard deviation over the grid is below 1e-12 of its root mean square, or is 0. Frequencies
// add up to 1 only if nothing lies on products of two different ones.
// Cost, threads and errors: those of pair_spectrum.
// Source: Nanda et al. 2023, arXiv 2301.05217.
NeuronFrequencies neuron_frequencies(const FourierBasis& basis, In<Mat<double>> activations,
                                     int threads = 1);

// The waves of each neuron at one frequency k, as amplitude * cos(2 pi k x / p + phase) with x = a,
// b, a + b and a - b; phases in (-pi, pi]. With amplitude 0 the phase is 0 and means nothing. At
// the Nyquist frequency the phase is 0 or pi, and difference is part of sum.
struct Waves {
    Vec<double> amplitude, phase;  // a neuron each
};
struct PairWaves {
    Waves a, b, sum, difference;
};

// frequencies: one a neuron; 0 (a dead one) gives NaN. Throws std::invalid_argument when their
// number is not that of the neurons, or one is above floor(p / 2).
PairWaves pair_waves(const FourierBasis& basis, const PairSpectrum& spectrum,
                     std::span<const Index> frequencies);

// The same of what each neuron writes to the classes: output_map is C x neurons with C = p, the
// weight of neuron j to class q is amplitude * cos(2 pi k q / p + phase) and other waves.
// Throws std::invalid_argument also when the rows are not p.
Waves output_waves(const FourierBasis& basis, In<Mat<double>> output_map,
                   std::span<const Index> frequencies);

// phase_a + phase_b - phase_out of every neuron, in (-pi, pi]: 0 when the wave that the neuron adds
// to the logits peaks at q = a + b. NaN where a phase is NaN. Throws std::invalid_argument unless
// the three are equally long.
// Source: Gromov 2023, arXiv 2301.02679: trained quadratic networks have 0.
Vec<double> phase_misalignment(In<Vec<double>> phase_a, In<Vec<double>> phase_b,
                               In<Vec<double>> phase_out);

// |mean of exp(i phase)| over the finite entries: 1 when all are equal, about 1 / sqrt(n) for n
// uniform ones. NaN for none.
double mean_resultant_length(In<Vec<double>> phases);

// Moves an angle to (-pi, pi].
double wrap_angle(double radians);

// Neurons of one frequency.
struct FrequencyCluster {
    Index frequency = 0;
    std::vector<Index> neurons;        // increasing
    double mean_explained = 0;         // of their variance, by that frequency
    double mean_sum_share = 0;         // of the energy at that frequency: on a + b ...
    double mean_difference_share = 0;  // ... and on a - b
};

struct FrequencyClusters {
    std::vector<FrequencyCluster> clusters;  // by frequency, rising; none is empty
    std::vector<Index> unclustered;          // live, explained less than the threshold
    std::vector<Index> dead;
};

// Live neurons whose best frequency explains at least `threshold` of their variance, by that
// frequency.
FrequencyClusters cluster_by_frequency(const FourierBasis& basis, const NeuronFrequencies& neurons,
                                       double threshold = 0.85);

}  // namespace dualtape::analyses
