#include "experiments/analyses/fourier/fourier_neurons.h"

#include <cmath>
#include <complex>
#include <numbers>
#include <stdexcept>
#include <string>

#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

// Rounding of the mean leaves about 1e-16 of the root mean square in a constant activation.
constexpr double kDeadSpread = 1e-12;

void check_count(const char* what, std::size_t count, Index neurons) {
    if (static_cast<Index>(count) == neurons) return;
    throw std::invalid_argument(std::string(what) + ": " + std::to_string(count) + " entries for " +
                                std::to_string(neurons) + " neurons; give one each");
}

// A cos(w x + phase) has the coefficients norm A cos(phase) on the unit cosine and -norm A
// sin(phase) on the unit sine, norm being that of cos(w x) over the domain.
void set_wave(Waves& waves, Index neuron, double cosine, double sine, double norm) {
    waves.amplitude(neuron) = std::hypot(cosine, sine) / norm;
    // Not atan2(-0.0, -1), which is -pi.
    waves.phase(neuron) =
        sine == 0 ? (cosine < 0 ? std::numbers::pi : 0) : std::atan2(-sine, cosine);
}

// Waves from coefficients R x p; `points` is the size of the domain.
Waves waves_of(const FourierBasis& basis, const Mat<double>& coefficients,
               std::span<const Index> frequencies, Index points, const char* what) {
    check_count(what, frequencies.size(), coefficients.rows());
    Waves waves{Vec<double>::Constant(coefficients.rows(), statistics::kNan),
                Vec<double>::Constant(coefficients.rows(), statistics::kNan)};
    for (Index j = 0; j < coefficients.rows(); ++j) {
        const Index k = frequencies[static_cast<std::size_t>(j)];
        if (k == 0) continue;
        check_frequencies(basis, std::span(&k, 1), what);
        const bool is_nyquist = basis.is_nyquist(k);
        const double cosine = coefficients(j, FourierBasis::cosine_row(k));
        const double sine = is_nyquist ? 0 : coefficients(j, FourierBasis::sine_row(k));
        const auto size = static_cast<double>(points);
        set_wave(waves, j, cosine, sine, std::sqrt(is_nyquist ? size : size / 2));
    }
    return waves;
}

double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

NeuronFrequencies neuron_frequencies(const FourierBasis& basis, In<Mat<double>> activations,
                                     int threads) {
    NeuronFrequencies neurons;
    neurons.spectrum = pair_spectrum(basis, activations, threads);
    neurons.explained = pair_energy(basis, neurons.spectrum, Combination::block);
    const Index count = activations.rows();
    const auto pairs = static_cast<double>(basis.p * basis.p);
    neurons.best.assign(static_cast<std::size_t>(count), 0);
    neurons.is_dead.assign(static_cast<std::size_t>(count), 0);
    neurons.best_explained.setZero(count);
    for (Index j = 0; j < count; ++j) {
        const auto slot = static_cast<std::size_t>(j);
        const double energy = neurons.spectrum.energy(j);
        const double squares = energy + pairs * neurons.spectrum.mean(j) * neurons.spectrum.mean(j);
        if (energy <= kDeadSpread * kDeadSpread * squares) {
            neurons.is_dead[slot] = 1;
            neurons.explained.row(j).setZero();
            continue;
        }
        ++neurons.num_live;
        neurons.explained.row(j) /= energy;
        Index best = 0;
        neurons.best_explained(j) = neurons.explained.row(j).maxCoeff(&best);
        neurons.best[slot] = best + 1;
    }
    return neurons;
}

PairWaves pair_waves(const FourierBasis& basis, const PairSpectrum& spectrum,
                     std::span<const Index> frequencies) {
    const auto of = [&](const Mat<double>& coefficients) {
        return waves_of(basis, coefficients, frequencies, basis.p * basis.p, "pair_waves");
    };
    return {of(spectrum.a), of(spectrum.b), of(spectrum.sum), of(spectrum.difference)};
}

Waves output_waves(const FourierBasis& basis, In<Mat<double>> output_map,
                   std::span<const Index> frequencies) {
    if (output_map.rows() != basis.p) {
        throw std::invalid_argument("output_waves: " + std::to_string(output_map.rows()) +
                                    " classes for modulus " + std::to_string(basis.p) +
                                    "; waves over the classes need one a residue");
    }
    const Mat<double> by_neuron = output_map.transpose();
    return waves_of(basis, fourier_transform(basis, by_neuron), frequencies, basis.p,
                    "output_waves");
}

double wrap_angle(double radians) {
    const double wrapped = std::remainder(radians, 2 * std::numbers::pi);
    return wrapped <= -std::numbers::pi ? std::numbers::pi : wrapped;
}

Vec<double> phase_misalignment(In<Vec<double>> phase_a, In<Vec<double>> phase_b,
                               In<Vec<double>> phase_out) {
    check_count("phase_misalignment", static_cast<std::size_t>(phase_b.size()), phase_a.size());
    check_count("phase_misalignment", static_cast<std::size_t>(phase_out.size()), phase_a.size());
    return (phase_a + phase_b - phase_out).unaryExpr([](double x) { return wrap_angle(x); });
}

double mean_resultant_length(In<Vec<double>> phases) {
    std::complex<double> total = 0;
    Index count = 0;
    for (const double phase : phases) {
        if (!std::isfinite(phase)) continue;
        total += std::polar(1.0, phase);
        ++count;
    }
    return count > 0 ? std::abs(total) / static_cast<double>(count) : statistics::kNan;
}

FrequencyClusters cluster_by_frequency(const FourierBasis& basis, const NeuronFrequencies& neurons,
                                       double threshold) {
    FrequencyClusters result;
    const Mat<double> sum = pair_energy(basis, neurons.spectrum, Combination::sum);
    const Mat<double> difference = frequency_energy(basis, neurons.spectrum.difference);
    std::vector<std::vector<Index>> members(static_cast<std::size_t>(basis.num_frequencies() + 1));
    for (std::size_t j = 0; j < neurons.best.size(); ++j) {
        const auto neuron = static_cast<Index>(j);
        if (neurons.is_dead[j] != 0) {
            result.dead.push_back(neuron);
        } else if (neurons.best_explained(neuron) < threshold) {
            result.unclustered.push_back(neuron);
        } else {
            members[static_cast<std::size_t>(neurons.best[j])].push_back(neuron);
        }
    }
    for (Index k = 1; k <= basis.num_frequencies(); ++k) {
        const std::vector<Index>& list = members[static_cast<std::size_t>(k)];
        if (list.empty()) continue;
        FrequencyCluster cluster{k, list};
        const auto count = static_cast<double>(list.size());
        for (const Index j : list) {
            const double explained = neurons.explained(j, k - 1);
            const double at_frequency = explained * neurons.spectrum.energy(j);
            cluster.mean_explained += explained / count;
            cluster.mean_sum_share += share(sum(j, k - 1), at_frequency) / count;
            cluster.mean_difference_share += share(difference(j, k - 1), at_frequency) / count;
        }
        result.clusters.push_back(std::move(cluster));
    }
    return result;
}

}  // namespace dualtape::analyses
