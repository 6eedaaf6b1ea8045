#pragma once
// Pearson correlation of every neuron with waves of a + b, a, b and a - b, with a permutation null.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "experiments/analyses/fourier/fourier_basis.h"
#include "experiments/analyses/fourier/permutation_null.h"

namespace dualtape::analyses {

// The number s that a wave is a function of, modulo p.
enum class PairNumber { sum, a, b, difference };
inline constexpr std::array<PairNumber, 4> kPairNumbers{PairNumber::sum, PairNumber::a,
                                                        PairNumber::b, PairNumber::difference};

// Correlations with cos(2 pi k s / p) and sin(2 pi k s / p), neurons x floor(p / 2), column k - 1.
// 0 where the neuron or the wave does not vary over the pairs (the Nyquist frequency has no sine).
struct WaveCorrelation {
    Mat<double> cosine, sine;
};

// The largest |r| of a neuron with any of the waves of any of the four numbers.
struct BestCorrelation {
    double r = 0;  // with its sign
    PairNumber number = PairNumber::sum;
    Index frequency = 0;  // 0: the neuron does not vary
    bool is_sine = false;
};

struct LabelCorrelation {
    std::array<WaveCorrelation, 4> by_number;  // in the order of PairNumber
    std::vector<BestCorrelation> best;         // a neuron each
    double threshold = 0;
    Index num_above = 0;  // neurons whose best |r| exceeds the threshold
};

// activations: neurons x n, on the pairs given (a p + b each, at least two; any sample of the grid
// will do, but neurons and numbers must come from the same pairs). On the full grid, cosine^2 +
// sine^2 is the share of the variance of the neuron on those two directions.
// Cost: 4 n additions a neuron and 8 p^2 flops: the sums over pairs of the same s suffice.
// Throws std::invalid_argument when the sizes differ or a pair does not exist.
LabelCorrelation label_correlation(const FourierBasis& basis, In<Mat<double>> activations,
                                   std::span<const std::int32_t> pairs, double threshold = 0.3);

// The same after the tokens have been renamed at random, for all neurons and both operands alike.
struct CorrelationNull {
    Index permutations = 0;
    double p_value = 1;            // of the largest |r| over all neurons and waves
    double floor = 0;              // quantile `level` of that largest |r| under permutation
    Vec<double> neuron_p_value;    // of each neuron's own best |r|
    double mean_above = 0;         // neurons above the threshold, mean over permutations
    double num_above_p_value = 1;  // of the number of neurons above the threshold
};
// Cost: that of label_correlation a permutation. Same bits for any number of threads.
CorrelationNull correlation_null(const FourierBasis& basis, In<Mat<double>> activations,
                                 std::span<const std::int32_t> pairs,
                                 const LabelCorrelation& observed, const NullSettings& settings);

}  // namespace dualtape::analyses
