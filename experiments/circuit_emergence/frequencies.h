#pragma once
// What fourier_probes.tsv says of all frequencies of an operand together.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "experiments/circuit_emergence/probe_rows.h"

namespace dualtape::circuit_emergence {

// Of one training at one step, node and operand. NaN where no frequency has a number.
struct OverFrequencies {
    Place at{};
    std::string operand{};
    // R^2 averaged over all frequencies. On the whole grid of pairs it is the share of the variance
    // of the operand's one-hot that a linear map of the node explains: cosines and sines of all
    // frequencies are an orthogonal basis of it.
    double mean_r2 = std::numeric_limits<double>::quiet_NaN(), untrained_mean_r2 = mean_r2;
    // Of the frequency that is read best, cosine and sine together, and of the wave that is.
    double best_r2 = mean_r2, untrained_best_r2 = mean_r2;
    double best_wave_r2 = mean_r2, untrained_best_wave_r2 = mean_r2;
    std::int64_t best_frequency = 0, best_wave_frequency = 0;  // 0: none
};
// In the order of the table, in which the frequencies of one of them are neighbours.
std::vector<OverFrequencies> over_frequencies(const ProbeRows& rows);

// The frequency of x + y that is read best at the last step of a training, behind the input: in
// both its waves, or in one of them. A network can use one phase of a frequency alone.
struct KeyFrequency {
    std::string node{};
    std::int64_t frequency = 0;  // 0: nothing was probed
    double r2 = std::numeric_limits<double>::quiet_NaN();
};
KeyFrequency key_frequency(const ProbeRows& rows, const std::vector<OverFrequencies>& frequencies,
                           std::int64_t width, std::int64_t seed);
KeyFrequency key_wave(const ProbeRows& rows, const std::vector<OverFrequencies>& frequencies,
                      std::int64_t width, std::int64_t seed);

}  // namespace dualtape::circuit_emergence
