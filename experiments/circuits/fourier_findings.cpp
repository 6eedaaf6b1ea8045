#include "experiments/circuits/fourier_findings.h"

#include <algorithm>
#include <cmath>

#include "experiments/analysis/statistics.h"

namespace dualtape::circuits {

namespace {

using lab::Cell;

constexpr double kRoundingShare = 1e-20;  // of a variance: 1e-10 of an amplitude

bool has(const Frequencies& list, Index k) {
    return std::find(list.begin(), list.end(), k) != list.end();
}

// Empty where a rule does not apply to the network.
Cell is_key(const std::optional<analysis::KeyFrequencies>& rule, Index k) {
    return rule ? Cell(has(rule->frequencies, k)) : Cell();
}

Cell entry(const Vec<double>* values, Index k) {
    return values == nullptr ? Cell() : Cell((*values)(k - 1));
}

// Live neurons whose best frequency is k, above and below the threshold.
struct Choosers {
    Index above = 0, below = 0;
};

Choosers choosers_of(const analysis::NeuronFrequencies& neurons, Index k, double threshold) {
    Choosers count;
    for (std::size_t j = 0; j < neurons.best.size(); ++j) {
        if (neurons.best[j] != k) continue;
        const bool is_above = neurons.best_explained(static_cast<Index>(j)) >= threshold;
        ++(is_above ? count.above : count.below);
    }
    return count;
}

void drop_rounding(analysis::Waves& waves, const Vec<double>& energy, double waves_energy) {
    for (Index j = 0; j < waves.phase.size(); ++j) {
        const double own = waves_energy * waves.amplitude(j) * waves.amplitude(j);
        if (!(own > kRoundingShare * energy(j))) waves.phase(j) = analysis::kNan;
    }
}

const char* name_of(analysis::PairNumber number) {
    switch (number) {
        case analysis::PairNumber::sum:
            return "a+b";
        case analysis::PairNumber::a:
            return "a";
        case analysis::PairNumber::b:
            return "b";
        case analysis::PairNumber::difference:
            break;
    }
    return "a-b";
}

// The entry of largest modulus in a neuron's correlations with waves of one number.
double strongest(const analysis::WaveCorrelation& waves, Index neuron) {
    double r = 0;
    for (const Mat<double>* part : {&waves.cosine, &waves.sine}) {
        for (Index k = 0; k < part->cols(); ++k) {
            if (std::abs((*part)(neuron, k)) > std::abs(r)) r = (*part)(neuron, k);
        }
    }
    return r;
}

}  // namespace

TableRows frequency_rows(const Snapshot& snapshot, const FourierView& view,
                         const std::optional<FourierNulls>& nulls, const Frequencies& keys,
                         const FourierChoice& choice, double fve_threshold) {
    const analysis::FourierBasis& basis = view.basis;
    Vec<double> waves, norms, output, coefficient, explained;
    if (view.by_embedding) {
        waves = analysis::fourier_row_norms(basis, view.tokens);
        norms = analysis::frequency_norms(basis, view.tokens);
    }
    if (view.by_output) {
        output = analysis::frequency_norms(basis, Mat<double>(view.output_map.transpose()));
        const analysis::LabelWaves fit =
            analysis::fit_label_waves(basis, view.logit_frequencies, choice.label);
        coefficient = fit.coefficient;
        explained = fit.explained;
    }
    const auto own = [](const Vec<double>& v) { return v.size() == 0 ? nullptr : &v; };
    const auto floor_of = [](const std::optional<analysis::PermutationNull>& null) {
        return null ? &null->floor : nullptr;
    };
    TableRows rows("fourier_frequencies.tsv", snapshot.columns());
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
    NeuronWaves waves{analysis::pair_waves(view.basis, spectrum, view.neurons.best),
                      {Vec<double>::Constant(count, analysis::kNan),
                       Vec<double>::Constant(count, analysis::kNan)},
                      {}};
    for (analysis::Waves* wave :
         {&waves.pair.a, &waves.pair.b, &waves.pair.sum, &waves.pair.difference}) {
        drop_rounding(*wave, spectrum.energy, half_grid);
    }
    if (view.node_is_last && view.classes_are_numbers()) {
        waves.out = analysis::output_waves(view.basis, view.output_map, view.neurons.best);
        drop_rounding(waves.out, view.output_map.colwise().squaredNorm().transpose(),
                      static_cast<double>(view.basis.p) / 2);
    }
    const double sign = choice.label == analysis::Combination::difference ? -1 : 1;
    waves.misalignment = analysis::phase_misalignment(
        waves.pair.a.phase, Vec<double>(sign * waves.pair.b.phase), waves.out.phase);
    return waves;
}

TableRows neuron_rows(const Snapshot& snapshot, const FourierView& view,
                      const std::optional<FourierNulls>& nulls, const NeuronWaves& waves,
                      double fve_threshold) {
    TableRows rows("fourier_neurons.tsv", snapshot.columns());
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

NeuronCorrelations correlate(const Snapshot& snapshot, const FourierView& view,
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
        analysis::label_correlation(view.basis, activations, pairs, settings.correlation_threshold);
    if (with_null) {
        found.null = analysis::correlation_null(view.basis, activations, pairs, found.observed,
                                                null_settings(snapshot, settings));
    }
    return found;
}

TableRows correlation_rows(const Snapshot& snapshot, const NeuronCorrelations& correlations) {
    const analysis::LabelCorrelation& observed = correlations.observed;
    TableRows rows("fourier_correlations.tsv", snapshot.columns());
    for (std::size_t j = 0; j < observed.best.size(); ++j) {
        const analysis::BestCorrelation& best = observed.best[j];
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

}  // namespace dualtape::circuits
