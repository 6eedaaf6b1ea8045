#pragma once
// Linear readouts to ablate: one with effects in closed form, and random ones.

#include <cmath>
#include <numbers>
#include <vector>

#include "experiments/analyses/ablation/ablation.h"
#include "tests/support/random.h"

namespace dualtape::testing {

inline std::int32_t sum_of_pair(Index sample, Index p) {
    return static_cast<std::int32_t>((sample / p + sample % p) % p);
}

// Addition modulo an odd p on all pairs, s = a + b: units 2i and 2i + 1 are cos(w s) and sin(w s)
// for the frequency w = 2 pi (i + 1) / p, read out by strength[i] times cos(w c) and sin(w c). Then
//   logit_c = sum_i strength[i] cos(w_i (s - c))
// and the label's logit is the sum of the strengths for every pair. Replaced by zero.
inline analyses::ReadoutAblation planted_readout(Index p, const std::vector<double>& strength) {
    const auto units = 2 * static_cast<Index>(strength.size());
    analyses::ReadoutAblation ablation;
    ablation.hidden.resize(units, p * p);
    ablation.readout.weight.resize(p, units);
    ablation.readout.bias.setZero(p);
    for (Index i = 0; 2 * i < units; ++i) {
        const auto turn = [&](Index x) {
            return 2 * std::numbers::pi * static_cast<double>((i + 1) * x % p) /
                   static_cast<double>(p);
        };
        const double scale = strength[static_cast<std::size_t>(i)];
        for (Index n = 0; n < p * p; ++n) {
            ablation.hidden(2 * i, n) = std::cos(turn(sum_of_pair(n, p)));
            ablation.hidden(2 * i + 1, n) = std::sin(turn(sum_of_pair(n, p)));
        }
        for (Index c = 0; c < p; ++c) {
            ablation.readout.weight(c, 2 * i) = scale * std::cos(turn(c));
            ablation.readout.weight(c, 2 * i + 1) = scale * std::sin(turn(c));
        }
    }
    for (Index n = 0; n < p * p; ++n) ablation.labels.push_back(sum_of_pair(n, p));
    ablation.replacement = analyses::replace_by_zero(units, p * p);
    return ablation;
}

// Rectified activations and labels that the network gets right in most samples: the largest logit,
// but for every seventh sample.
inline analyses::ReadoutAblation random_readout(Index units, Index classes, Index samples,
                                                std::uint64_t seed) {
    analyses::ReadoutAblation ablation;
    ablation.hidden = uniform_matrix(units, samples, seed, -1, 2).cwiseMax(0);
    ablation.readout.weight = uniform_matrix(classes, units, seed + 1);
    ablation.readout.bias = uniform_vector(classes, seed + 2);
    const Mat<double> logits =
        (ablation.readout.weight * ablation.hidden).colwise() + ablation.readout.bias;
    for (Index n = 0; n < samples; ++n) {
        Index label = 0;
        logits.col(n).maxCoeff(&label);
        ablation.labels.push_back(
            static_cast<std::int32_t>(n % 7 == 3 ? (label + 1) % classes : label));
    }
    ablation.replacement = analyses::replace_by_zero(units, samples);
    return ablation;
}

}  // namespace dualtape::testing
