#include "experiments/analyses/fourier/label_correlation.h"

#include <cmath>
#include <stdexcept>
#include <string>

#include "engine/core/parallel.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

// Spreads below this share of the root mean square are rounding.
constexpr double kFlat = 1e-12;

void check(const FourierBasis& basis, In<Mat<double>> activations,
           std::span<const std::int32_t> pairs) {
    const auto count = static_cast<Index>(pairs.size());
    if (count != activations.cols() || count < 2) {
        throw std::invalid_argument("label correlation: " + std::to_string(count) + " pairs for " +
                                    std::to_string(activations.cols()) +
                                    " columns of activations; give one each, and two or more");
    }
    for (const std::int32_t pair : pairs) {
        if (pair >= 0 && pair < basis.p * basis.p) continue;
        throw std::invalid_argument("label correlation: pair " + std::to_string(pair) +
                                    " does not exist; pairs are numbered a p + b");
    }
}

// Neurons with zero mean over the pairs, and their root of the sum of squares; 0: flat.
struct Centred {
    Mat<double> values;
    Vec<double> norm;
};

Centred centre(In<Mat<double>> activations) {
    Centred centred{activations, Vec<double>::Zero(activations.rows())};
    const auto count = static_cast<double>(activations.cols());
    Vec<double> mean = Vec<double>::Zero(activations.rows());
    for (Index c = 0; c < activations.cols(); ++c) mean += activations.col(c);
    mean /= count;
    centred.values.colwise() -= mean;
    for (Index c = 0; c < activations.cols(); ++c) {
        centred.norm += centred.values.col(c).cwiseAbs2();
    }
    for (Index j = 0; j < mean.size(); ++j) {
        const double squares = centred.norm(j) + count * mean(j) * mean(j);
        const bool is_flat = centred.norm(j) <= kFlat * kFlat * squares;
        centred.norm(j) = is_flat ? 0 : std::sqrt(centred.norm(j));
    }
    return centred;
}

// s of the pair (a, b).
Index number_of(PairNumber number, Index a, Index b, Index p) {
    switch (number) {
        case PairNumber::sum:
            return (a + b) % p;
        case PairNumber::a:
            return a;
        case PairNumber::b:
            return b;
        case PairNumber::difference:
            return (a - b + p) % p;
    }
    return 0;
}

// r of every neuron (rows) with every row of the basis but the constant (columns). A wave f has
// sum_i x_i f(s_i) = sum_s f(s) sum_{i: s_i = s} x_i, and likewise its own moments.
Mat<double> correlate(const FourierBasis& basis, const Centred& centred,
                      std::span<const std::int32_t> pairs, std::span<const Index> tokens,
                      PairNumber number) {
    const Index p = basis.p;
    Mat<double> sums = Mat<double>::Zero(centred.values.rows(), p);
    Vec<double> counts = Vec<double>::Zero(p);
    for (Index c = 0; c < centred.values.cols(); ++c) {
        const Index pair = pairs[static_cast<std::size_t>(c)];
        const Index s = number_of(number, tokens[static_cast<std::size_t>(pair / p)],
                                  tokens[static_cast<std::size_t>(pair % p)], p);
        sums.col(s) += centred.values.col(c);
        counts(s) += 1;
    }
    Mat<double> r = fourier_transform(basis, sums);
    const double total = counts.sum();
    for (Index row = 0; row < p; ++row) {
        const auto wave = basis.rows.row(row).transpose();
        const double mean = wave.dot(counts) / total;
        const double squares = wave.cwiseAbs2().dot(counts);
        const double spread = squares - total * mean * mean;
        const bool is_flat = row == 0 || spread <= kFlat * squares;
        for (Index j = 0; j < r.rows(); ++j) {
            r(j, row) = is_flat || centred.norm(j) == 0
                            ? 0
                            : r(j, row) / (centred.norm(j) * std::sqrt(spread));
        }
    }
    return r;
}

}  // namespace

LabelCorrelation label_correlation(const FourierBasis& basis, In<Mat<double>> activations,
                                   std::span<const std::int32_t> pairs, double threshold) {
    check(basis, activations, pairs);
    const Centred centred = centre(activations);
    const std::vector<Index> tokens = all_tokens(basis.p);
    LabelCorrelation result;
    result.threshold = threshold;
    result.best.resize(static_cast<std::size_t>(activations.rows()));
    for (std::size_t n = 0; n < kPairNumbers.size(); ++n) {
        const Mat<double> r = correlate(basis, centred, pairs, tokens, kPairNumbers[n]);
        WaveCorrelation& waves = result.by_number[n];
        waves.cosine.setZero(r.rows(), basis.num_frequencies());
        waves.sine = waves.cosine;
        for (Index row = 1; row < basis.p; ++row) {
            const Index k = FourierBasis::frequency_of_row(row);
            const bool is_sine = row == FourierBasis::sine_row(k);
            (is_sine ? waves.sine : waves.cosine).col(k - 1) = r.col(row);
            for (Index j = 0; j < r.rows(); ++j) {
                BestCorrelation& best = result.best[static_cast<std::size_t>(j)];
                if (std::abs(r(j, row)) > std::abs(best.r)) {
                    best = {r(j, row), kPairNumbers[n], k, is_sine};
                }
            }
        }
    }
    for (const BestCorrelation& best : result.best) {
        result.num_above += std::abs(best.r) > threshold ? 1 : 0;
    }
    return result;
}

CorrelationNull correlation_null(const FourierBasis& basis, In<Mat<double>> activations,
                                 std::span<const std::int32_t> pairs,
                                 const LabelCorrelation& observed, const NullSettings& settings) {
    check(basis, activations, pairs);
    check_null_settings(settings);
    const Index permutations = settings.permutations;
    const Centred centred = centre(activations);
    Mat<double> best = Mat<double>::Zero(activations.rows(), permutations);
    parallel_for(settings.threads, permutations, [&](Index r, int) {
        const std::vector<Index> tokens = draw_tokens(basis.p, settings, r);
        for (const PairNumber number : kPairNumbers) {
            best.col(r) = best.col(r).cwiseMax(
                correlate(basis, centred, pairs, tokens, number).cwiseAbs().rowwise().maxCoeff());
        }
    });
    CorrelationNull null;
    null.permutations = permutations;
    if (activations.rows() == 0) return null;
    Vec<double> own(activations.rows());
    for (Index j = 0; j < own.size(); ++j) {
        own(j) = std::abs(observed.best[static_cast<std::size_t>(j)].r);
    }
    const Vec<double> largest = best.colwise().maxCoeff().transpose();
    Vec<double> above(permutations);
    for (Index r = 0; r < permutations; ++r) {
        above(r) = static_cast<double>((best.col(r).array() > observed.threshold).count());
    }
    null.floor =
        statistics::quantile({largest.data(), largest.data() + permutations}, settings.level);
    null.mean_above = above.sum() / static_cast<double>(permutations);
    null.p_value = permutation_p_value(own.maxCoeff(), largest);
    null.num_above_p_value = permutation_p_value(static_cast<double>(observed.num_above), above);
    null.neuron_p_value.resize(own.size());
    for (Index j = 0; j < own.size(); ++j) {
        null.neuron_p_value(j) = permutation_p_value(own(j), best.row(j).transpose());
    }
    return null;
}

}  // namespace dualtape::analyses
