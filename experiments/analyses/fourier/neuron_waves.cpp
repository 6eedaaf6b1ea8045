#include "experiments/analyses/fourier/neuron_waves.h"

#include <algorithm>
#include <cmath>

#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

using lab::Cell;

constexpr double kRoundingShare = 1e-20;  // of a variance: 1e-10 of an amplitude

bool has(const Frequencies& list, Index k) {
    return std::find(list.begin(), list.end(), k) != list.end();
}

// Empty where a rule does not apply to the network.
Cell is_key(const std::optional<KeyFrequencies>& rule, Index k) {
    return rule ? Cell(has(rule->frequencies, k)) : Cell();
}

Cell entry(const Vec<double>* values, Index k) {
    return values == nullptr ? Cell() : Cell((*values)(k - 1));
}

// Live neurons whose best frequency is k, above and below the threshold.
struct Choosers {
    Index above = 0, below = 0;
};

Choosers choosers_of(const NeuronFrequencies& neurons, Index k, double threshold) {
    Choosers count;
    for (std::size_t j = 0; j < neurons.best.size(); ++j) {
        if (neurons.best[j] != k) continue;
        const bool is_above = neurons.best_explained(static_cast<Index>(j)) >= threshold;
        ++(is_above ? count.above : count.below);
    }
    return count;
}

void drop_rounding(Waves& waves, const Vec<double>& energy, double waves_energy) {
    for (Index j = 0; j < waves.phase.size(); ++j) {
        const double own = waves_energy * waves.amplitude(j) * waves.amplitude(j);
        if (!(own > kRoundingShare * energy(j))) waves.phase(j) = statistics::kNan;
    }
}

const char* name_of(PairNumber number) {
    switch (number) {
        case PairNumber::sum:
            return "a+b";
        case PairNumber::a:
            return "a";
        case PairNumber::b:
            return "b";
        case PairNumber::difference:
            break;
    }
    return "a-b";
}

// The entry of largest modulus in a neuron's correlations with waves of one number.
double strongest(const WaveCorrelation& waves, Index neuron) {
    double r = 0;
    for (const Mat<double>* part : {&waves.cosine, &waves.sine}) {
        for (Index k = 0; k < part->cols(); ++k) {
            if (std::abs((*part)(neuron, k)) > std::abs(r)) r = (*part)(neuron, k);
        }
    }
    return r;
}

}  // namespace

lab::TableRows frequency_rows(const pairs::Snapshot& snapshot, const FourierView& view,
                              const std::optional<FourierNulls>& nulls, const Frequencies& keys,
                              const FourierChoice& choice, double fve_threshold) {
    const FourierBasis& basis = view.basis;
    Vec<double> waves, norms, output, coefficient, explained;
    if (view.by_embedding) {
        waves = analyses::fourier_row_norms(basis, view.tokens);
        norms = analyses::frequency_norms(basis, view.tokens);
    }
    if (view.by_output) {
        output = analyses::frequency_norms(basis, Mat<double>(view.output_map.transpose()));
        const LabelWaves fit =
            analyses::fit_label_waves(basis, view.logit_frequencies, choice.label);
        coefficient = fit.coefficient;
        explained = fit.explained;
    }
    const auto own = [](const Vec<double>& v) { return v.size() == 0 ? nullptr : &v; };
    const auto floor_of = [](const std::optional<PermutationNull>& null) {
        return null ? &null->floor : nullptr;
    };
    lab::TableRows rows("fourier_frequencies.tsv", snapshot.columns());
    for (Index k = 1; k <= basis.num_frequencies(); ++k) {
        const Choosers neurons = choosers_of(view.neurons, k, fve_threshold);
        const auto share = [&](Index column) {
            return view.logit_frequencies.share(k - 1, column);
        };
        rows.add({
            {"frequency", k},
            {"embedding_cosine", waves.size() == 0 ? Cell() : waves(basis.cosine_row(k))},
            {"embedding_sine",
             waves.size() == 0 || basis.is_nyquist(k) ? Cell() : waves(basis.sine_row(k))},
            {"embedding_norm", entry(own(norms), k)},
            {"embedding_floor", entry(nulls ? floor_of(nulls->embedding) : nullptr, k)},
            {"output_norm", entry(own(output), k)},
            {"output_floor", entry(nulls ? floor_of(nulls->output) : nullptr, k)},
            {"neurons", neurons.above},
            {"neurons_below", neurons.below},
            {"largest_fve", view.neurons.explained.col(k - 1).maxCoeff()},
            {"fve_floor", entry(nulls ? &nulls->neurons.floor : nullptr, k)},
            {"logit_share_a", share(0)},
            {"logit_share_b", share(1)},
            {"logit_share_sum", share(2)},
            {"logit_share_difference", share(3)},
            {"label_coefficient", entry(own(coefficient), k)},
            {"label_share", entry(own(explained), k)},
            {"is_key", has(keys, k)},
            {"is_key_neurons", has(view.by_neurons.frequencies, k)},
            {"is_key_embedding", is_key(view.by_embedding, k)},
            {"is_key_output", is_key(view.by_output, k)},
            {"is_subgroup", basis.is_subgroup(k)},
            {"is_nyquist", basis.is_nyquist(k)},
        });
    }
    return rows;
}

NeuronWaves neuron_waves(const FourierView& view, const FourierChoice& choice) {
    const Index count = view.activations.rows();
    const auto& spectrum = view.neurons.spectrum;
    const auto half_grid = static_cast<double>(view.basis.p * view.basis.p) / 2;
    NeuronWaves waves{analyses::pair_waves(view.basis, spectrum, view.neurons.best),
                      {Vec<double>::Constant(count, statistics::kNan),
                       Vec<double>::Constant(count, statistics::kNan)},
                      {}};
    for (Waves* wave : {&waves.pair.a, &waves.pair.b, &waves.pair.sum, &waves.pair.difference}) {
        drop_rounding(*wave, spectrum.energy, half_grid);
    }
    if (view.node_is_last && view.classes_are_numbers()) {
        waves.out = analyses::output_waves(view.basis, view.output_map, view.neurons.best);
        drop_rounding(waves.out, view.output_map.colwise().squaredNorm().transpose(),
                      static_cast<double>(view.basis.p) / 2);
    }
    const double sign = choice.label == Combination::difference ? -1 : 1;
    waves.misalignment = analyses::phase_misalignment(
        waves.pair.a.phase, Vec<double>(sign * waves.pair.b.phase), waves.out.phase);
    return waves;
}

lab::TableRows neuron_rows(const pairs::Snapshot& snapshot, const FourierView& view,
                           const std::optional<FourierNulls>& nulls, const NeuronWaves& waves,
                           double fve_threshold) {
    lab::TableRows rows("fourier_neurons.tsv", snapshot.columns());
    for (Index j = 0; j < view.activations.rows(); ++j) {
        const auto at = static_cast<std::size_t>(j);
        const Index k = view.neurons.best[at];
        const bool is_dead = view.neurons.is_dead[at] != 0;
        const bool is_member = !is_dead && view.neurons.best_explained(j) >= fve_threshold &&
                               has(view.by_neurons.frequencies, k);
        const auto of = [&](const Vec<double>& values) {
            return is_dead ? Cell() : Cell(values(j));
        };
        rows.add({
            {"neuron", j},
            {"is_dead", is_dead},
            {"frequency", is_dead ? Cell() : Cell(k)},
            {"fve", of(view.neurons.best_explained)},
            {"cluster", is_member ? Cell(k) : Cell()},
            {"amplitude_a", of(waves.pair.a.amplitude)},
            {"phase_a", of(waves.pair.a.phase)},
            {"amplitude_b", of(waves.pair.b.amplitude)},
            {"phase_b", of(waves.pair.b.phase)},
            {"amplitude_sum", of(waves.pair.sum.amplitude)},
            {"phase_sum", of(waves.pair.sum.phase)},
            {"amplitude_difference", of(waves.pair.difference.amplitude)},
            {"phase_difference", of(waves.pair.difference.phase)},
            {"amplitude_out", of(waves.out.amplitude)},
            {"phase_out", of(waves.out.phase)},
            {"misalignment", of(waves.misalignment)},
            {"p_value", nulls ? of(nulls->neurons.neuron_p_value) : Cell()},
        });
    }
    return rows;
}

NeuronCorrelations correlate(const pairs::Snapshot& snapshot, const FourierView& view,
                             const FourierSettings& settings, bool with_null) {
    NeuronCorrelations found;
    std::vector<std::int32_t> pairs = snapshot.pairs->test;
    found.part = "test";
    if (pairs.size() < 2) {
        found.part = "all";
        pairs.clear();
        for (const std::int32_t pair : snapshot.network->all_pairs()) {
            if (snapshot.pairs->labels[static_cast<std::size_t>(pair)] >= 0) pairs.push_back(pair);
        }
    }
    Mat<double> activations(view.activations.rows(), static_cast<Index>(pairs.size()));
    for (Index c = 0; c < activations.cols(); ++c) {
        activations.col(c) = view.activations.col(pairs[static_cast<std::size_t>(c)]);
    }
    found.observed =
        analyses::label_correlation(view.basis, activations, pairs, settings.correlation_threshold);
    if (with_null) {
        found.null = analyses::correlation_null(view.basis, activations, pairs, found.observed,
                                                null_settings(snapshot, settings));
    }
    return found;
}

lab::TableRows correlation_rows(const pairs::Snapshot& snapshot,
                                const NeuronCorrelations& correlations) {
    const LabelCorrelation& observed = correlations.observed;
    lab::TableRows rows("fourier_correlations.tsv", snapshot.columns());
    for (std::size_t j = 0; j < observed.best.size(); ++j) {
        const BestCorrelation& best = observed.best[j];
        const auto neuron = static_cast<Index>(j);
        const auto of = [&](std::size_t number) {
            return strongest(observed.by_number[number], neuron);
        };
        const bool varies = best.frequency > 0;
        rows.add({
            {"neuron", j},
            {"r", best.r},
            {"number", varies ? Cell(name_of(best.number)) : Cell()},
            {"frequency", varies ? Cell(best.frequency) : Cell()},
            {"wave", varies ? Cell(best.is_sine ? "sine" : "cosine") : Cell()},
            {"is_above", std::abs(best.r) > observed.threshold},
            {"p_value", correlations.null && varies
                            ? Cell(correlations.null->neuron_p_value(neuron))
                            : Cell()},
            {"r_sum", of(0)},
            {"r_a", of(1)},
            {"r_b", of(2)},
            {"r_difference", of(3)},
        });
    }
    return rows;
}

}  // namespace dualtape::analyses
