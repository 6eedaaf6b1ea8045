#pragma once
// Rows of the frequencies and the neurons of a network at one checkpoint.

#include <optional>

#include "experiments/analyses/fourier/fourier_view.h"
#include "experiments/lab/table_rows.h"

namespace dualtape::analyses {

// A row of fourier_frequencies.tsv for every k = 1 .. floor(p / 2). keys: in use. Without nulls,
// noise floors stay empty.
lab::TableRows frequency_rows(const pairs::Snapshot& snapshot, const FourierView& view,
                              const std::optional<FourierNulls>& nulls, const Frequencies& keys,
                              const FourierChoice& choice, double fve_threshold);

// The waves of every neuron at its best frequency.
struct NeuronWaves {
    // A phase is NaN where its wave holds less than 1e-20 of the neuron's variance: rounding.
    PairWaves pair;
    Waves out;  // NaN unless the output map reads these neurons and C = p
    // phase_a + phase_b - phase_out, with - phase_b where the label is a - b; NaN as the phases.
    Vec<double> misalignment;
};
NeuronWaves neuron_waves(const FourierView& view, const FourierChoice& choice);

// A row of fourier_neurons.tsv for every neuron.
lab::TableRows neuron_rows(const pairs::Snapshot& snapshot, const FourierView& view,
                           const std::optional<FourierNulls>& nulls, const NeuronWaves& waves,
                           double fve_threshold);

// Correlations of the neurons with waves, on one part of the pairs.
struct NeuronCorrelations {
    std::string part;  // test, or all: there are fewer than two test pairs
    LabelCorrelation observed;
    std::optional<CorrelationNull> null;  // with permutations
};
NeuronCorrelations correlate(const pairs::Snapshot& snapshot, const FourierView& view,
                             const FourierSettings& settings, bool with_null);

// A row of fourier_correlations.tsv for every neuron.
lab::TableRows correlation_rows(const pairs::Snapshot& snapshot,
                                const NeuronCorrelations& correlations);

}  // namespace dualtape::analyses
