#pragma once
// A network for addition modulo p whose weights are known: what the analyses must find in it.
//
// One hidden layer with the square as activation, on one-hot tokens (Gromov's solution):
//   logit_q(a, b) = (2 / N) sum_j W_qj (U_ja + V_jb)^2                     w = 2 pi / p
//   U_ja = cos(w k_j a + phase_a_j)   V_jb = cos(w k_j b + phase_b_j)
//   W_qj = cos(w k_j q + phase_out_j)   phase_out_j = phase_a_j + phase_b_j
// Before the square a neuron has all its variance at k_j; after it, 0.8 of it at any phases: the
// cross term 2 cos cos has energy 1, and the two waves at 2 k_j have 1/8 each. (Odd p and k_j other
// than p / 3, where 2 k_j is the same frequency and holds the rest.)
// Source: Gromov 2023, arXiv 2301.02679.

#include <cstdint>
#include <vector>

#include "engine/core/types.h"

namespace dualtape::analyses {

// How the phases of the neurons of one frequency are chosen.
enum class PlantedPhases {
    uniform,  // in [-pi, pi), from the stream "phases": exact as N grows
    // (phase_a, phase_b) on all pairs of three equidistant phases: the terms that are not
    // cos(w k (a + b - q)) cancel exactly, and the logits are those of N -> infinity,
    //   logit_q = (1 / K) sum_k cos(w k (a + b - q)) over the K planted frequencies.
    lattice
};

struct PlantedSettings {
    Index modulus = 97;
    Index width = 192;                 // N: frequencies are dealt out to the neurons in turn
    std::vector<Index> frequencies{};  // k < p / 2 each; empty: all of 1 .. ceil(p / 2) - 1
    PlantedPhases phases = PlantedPhases::uniform;
    std::uint64_t seed = 0;
};

struct PlantedNetwork {
    Index modulus = 0;
    std::vector<Index> frequency;             // N
    Vec<double> phase_a, phase_b, phase_out;  // N; phase_out in (-pi, pi]
    Mat<double> u, v;                         // N x p: weights of the two tokens
    Mat<double> w;                            // p x N: to the classes, without the factor 2 / N
};

// Throws std::invalid_argument when the modulus is below 3, the width below 1 or, on the lattice,
// no multiple of nine times the frequencies, or a frequency is out of range or given twice.
PlantedNetwork make_planted_network(const PlantedSettings& settings);

struct PlantedValues {
    Mat<double> pre, post;  // N x p^2, column a p + b
    Mat<double> logits;     // p x p^2
};
// Cost: 2 N p^3 flops.
PlantedValues evaluate(const PlantedNetwork& network);

// Logits that the neurons listed add, p x p^2: all of them give the logits of the network.
Mat<double> planted_logits(const PlantedNetwork& network, const Mat<double>& post,
                           const std::vector<Index>& neurons);

}  // namespace dualtape::analyses
