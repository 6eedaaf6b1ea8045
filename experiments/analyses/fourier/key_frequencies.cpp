#include "experiments/analyses/fourier/key_frequencies.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "engine/core/parallel.h"

namespace dualtape::analyses {

namespace {

constexpr double kNormShare = 0.25;
constexpr double kNeuronShare = 0.01;
constexpr double kFewestNeurons = 2;

// draws: floor(p / 2) x permutations.
Vec<double> largest_of(const Mat<double>& draws) { return draws.colwise().maxCoeff().transpose(); }

}  // namespace

std::string key_rule_words(KeyRule rule) {
    switch (rule) {
        case KeyRule::embedding:
            return "embedding norm above 1/4 of the largest";
        case KeyRule::output:
            return "output norm above 1/4 of the largest";
        case KeyRule::neurons:
            return "best frequency of at least 1 % of the live neurons, and of two";
    }
    throw std::invalid_argument("key_rule_words: unknown rule; use an enumerator of KeyRule");
}

KeyFrequencies key_frequencies(const FourierBasis& basis, KeyRule rule, In<Mat<double>> table) {
    if (rule == KeyRule::neurons) {
        throw std::invalid_argument(
            "key_frequencies: the rule by neurons does not read a table; give the neurons instead");
    }
    KeyFrequencies keys{rule, {}, frequency_norms(basis, table)};
    keys.threshold = kNormShare * keys.strength.maxCoeff();
    for (Index k = 1; k <= basis.num_frequencies(); ++k) {
        if (keys.strength(k - 1) > keys.threshold) keys.frequencies.push_back(k);
    }
    return keys;
}

KeyFrequencies key_frequencies(const FourierBasis& basis, const NeuronFrequencies& neurons,
                               double threshold) {
    KeyFrequencies keys{KeyRule::neurons, {}, Vec<double>::Zero(basis.num_frequencies())};
    for (std::size_t j = 0; j < neurons.best.size(); ++j) {
        const bool is_counted =
            neurons.is_dead[j] == 0 && neurons.best_explained(static_cast<Index>(j)) >= threshold;
        if (is_counted) keys.strength(neurons.best[j] - 1) += 1;
    }
    keys.threshold = std::max(kFewestNeurons, kNeuronShare * static_cast<double>(neurons.num_live));
    for (Index k = 1; k <= basis.num_frequencies(); ++k) {
        if (keys.strength(k - 1) >= keys.threshold) keys.frequencies.push_back(k);
    }
    return keys;
}

PermutationNull norm_null(const FourierBasis& basis, In<Mat<double>> table,
                          const NullSettings& settings) {
    check_null_settings(settings);
    PermutationNull null;
    null.observed = frequency_norms(basis, table);
    Mat<double> draws(basis.num_frequencies(), settings.permutations);
    parallel_for(settings.threads, settings.permutations, [&](Index r, int) {
        const std::vector<Index> tokens = draw_tokens(basis.p, settings, r);
        Mat<double> renamed(table.rows(), table.cols());
        for (Index x = 0; x < table.cols(); ++x) {
            renamed.col(x) = table.col(tokens[static_cast<std::size_t>(x)]);
        }
        draws.col(r) = frequency_norms(basis, renamed);
    });
    null.permutations = settings.permutations;
    null.floor = null_floor(draws, settings.level);
    null.p_value = permutation_p_value(null.observed.maxCoeff(), largest_of(draws));
    return null;
}

NeuronNull neuron_null(const FourierBasis& basis, In<Mat<double>> activations,
                       const NeuronFrequencies& neurons, const NullSettings& settings) {
    check_null_settings(settings);
    const Index count = activations.rows();
    const Index permutations = settings.permutations;
    NeuronNull null;
    null.permutations = permutations;
    null.observed.setZero(basis.num_frequencies());
    null.floor.setZero(basis.num_frequencies());
    null.neuron_p_value.setConstant(count, std::numeric_limits<double>::quiet_NaN());
    if (neurons.num_live == 0) return null;

    Mat<double> draws = Mat<double>::Zero(basis.num_frequencies(), permutations);
    Mat<double> best = Mat<double>::Zero(count, permutations);
    parallel_for(settings.threads, permutations, [&](Index r, int) {
        const PairSpectrum spectrum = relabelled_pair_spectrum(basis, activations, neurons.spectrum,
                                                               draw_tokens(basis.p, settings, r));
        const Mat<double> energy = pair_energy(basis, spectrum, Combination::block);
        for (Index j = 0; j < count; ++j) {
            if (neurons.is_dead[static_cast<std::size_t>(j)] != 0) continue;
            const Vec<double> explained = energy.row(j).transpose() / spectrum.energy(j);
            draws.col(r) = draws.col(r).cwiseMax(explained);
            best(j, r) = explained.maxCoeff();
        }
    });
    null.observed = neurons.explained.colwise().maxCoeff().transpose();
    null.floor = null_floor(draws, settings.level);
    null.p_value = permutation_p_value(null.observed.maxCoeff(), largest_of(draws));
    null.mean_p_value =
        permutation_p_value(neurons.best_explained.sum(), best.colwise().sum().transpose());
    for (Index j = 0; j < count; ++j) {
        if (neurons.is_dead[static_cast<std::size_t>(j)] != 0) continue;
        null.neuron_p_value(j) =
            permutation_p_value(neurons.best_explained(j), best.row(j).transpose());
    }
    return null;
}

}  // namespace dualtape::analyses
