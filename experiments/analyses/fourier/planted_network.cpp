#include "experiments/analyses/fourier/planted_network.h"

#include <numbers>
#include <numeric>
#include <string>

#include "engine/kernels/elementary.h"
#include "engine/kernels/gemm.h"
#include "engine/kernels/random.h"
#include "experiments/analyses/fourier/fourier_neurons.h"
#include "experiments/lab/require.h"

namespace dualtape::analyses {

namespace {

constexpr double kTurn = 2 * std::numbers::pi;
constexpr Index kLattice = 3;  // two would leave the terms of 2 phase_a

std::vector<Index> planted_frequencies(const PlantedSettings& settings) {
    const Index p = settings.modulus;
    if (p < 3)
        lab::refuse("planted network",
                    "modulus " + std::to_string(p) + " has no sine; use 3 or more");
    if (settings.width < 1) {
        lab::refuse("planted network",
                    "width " + std::to_string(settings.width) + " must be 1 or more neurons");
    }
    std::vector<Index> frequencies = settings.frequencies;
    if (frequencies.empty()) {
        frequencies.resize(static_cast<std::size_t>((p - 1) / 2));
        std::iota(frequencies.begin(), frequencies.end(), Index(1));
    }
    check_frequencies(make_fourier_basis(p), frequencies, "planted network");
    for (const Index k : frequencies) {
        if (2 * k == p) {
            lab::refuse("planted network", "the Nyquist frequency " + std::to_string(k) +
                                               " has no phase; plant frequencies below it");
        }
    }
    const Index cell = kLattice * kLattice * static_cast<Index>(frequencies.size());
    if (settings.phases == PlantedPhases::lattice && settings.width % cell != 0) {
        lab::refuse("planted network", "width " + std::to_string(settings.width) +
                                           " is no multiple of " + std::to_string(cell) +
                                           ", nine neurons a frequency, which the lattice needs");
    }
    return frequencies;
}

// cos(2 pi k x / p + phase) at x = 0 .. p-1.
Vec<double> wave(Index k, double phase, Index p) {
    Vec<double> turns(p), sine(p), cosine(p);
    for (Index x = 0; x < p; ++x) {
        turns(x) = static_cast<double>(k * x % p) / static_cast<double>(p) + phase / kTurn;
    }
    kernels::sin_cos_turns(sine.data(), cosine.data(), turns.data(), p);
    return cosine;
}

}  // namespace

PlantedNetwork make_planted_network(const PlantedSettings& settings) {
    const std::vector<Index> frequencies = planted_frequencies(settings);
    const Index p = settings.modulus;
    const Index width = settings.width;
    const auto count = static_cast<Index>(frequencies.size());
    PlantedNetwork network;
    network.modulus = p;
    network.phase_a.resize(width);
    network.phase_b.resize(width);
    network.phase_out.resize(width);
    network.u.resize(width, p);
    network.v.resize(width, p);
    network.w.resize(p, width);
    kernels::Stream stream(settings.seed, "phases");
    for (Index j = 0; j < width; ++j) {
        const Index k = frequencies[static_cast<std::size_t>(j % count)];
        network.frequency.push_back(k);
        if (settings.phases == PlantedPhases::lattice) {
            const Index place = j / count;
            network.phase_a(j) =
                wrap_angle(kTurn * static_cast<double>(place % kLattice) / kLattice);
            network.phase_b(j) =
                wrap_angle(kTurn * static_cast<double>(place / kLattice % kLattice) / kLattice);
        } else {
            network.phase_a(j) = kTurn * (stream.uniform<double>() - 0.5);
            network.phase_b(j) = kTurn * (stream.uniform<double>() - 0.5);
        }
        network.phase_out(j) = wrap_angle(network.phase_a(j) + network.phase_b(j));
        network.u.row(j) = wave(k, network.phase_a(j), p).transpose();
        network.v.row(j) = wave(k, network.phase_b(j), p).transpose();
        network.w.col(j) = wave(k, network.phase_out(j), p);
    }
    return network;
}

PlantedValues evaluate(const PlantedNetwork& network) {
    const Index p = network.modulus;
    PlantedValues values;
    values.pre.resize(network.u.rows(), p * p);
    for (Index a = 0; a < p; ++a) {
        for (Index b = 0; b < p; ++b) {
            values.pre.col(a * p + b) = network.u.col(a) + network.v.col(b);
        }
    }
    values.post = values.pre.cwiseAbs2();
    std::vector<Index> all(network.frequency.size());
    std::iota(all.begin(), all.end(), Index(0));
    values.logits = planted_logits(network, values.post, all);
    return values;
}

Mat<double> planted_logits(const PlantedNetwork& network, const Mat<double>& post,
                           const std::vector<Index>& neurons) {
    const Index p = network.modulus;
    const auto count = static_cast<Index>(neurons.size());
    Mat<double> w(p, count), h(count, p * p);
    for (Index i = 0; i < count; ++i) {
        const Index j = neurons[static_cast<std::size_t>(i)];
        w.col(i) = network.w.col(j);
        h.row(i) = post.row(j);
    }
    Mat<double> logits = Mat<double>::Zero(p, p * p);
    if (count == 0) return logits;
    w *= 2 / static_cast<double>(network.frequency.size());
    kernels::gemm<double>(logits.data(), {w.data(), p, count}, {h.data(), count, p * p}, false);
    return logits;
}

}  // namespace dualtape::analyses
