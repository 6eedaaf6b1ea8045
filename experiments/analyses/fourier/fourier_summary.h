#pragma once
// What Fourier analysis says of one training: keys, p-values, alignment of phases, and the phases
// that the training went through.

#include <optional>
#include <vector>

#include "experiments/analyses/fourier/fourier_progress.h"
#include "experiments/analyses/fourier/neuron_waves.h"
#include "experiments/analyses/fourier/phases.h"

namespace dualtape::analyses {

// Of a training, for its phases: three lines of a curve need three each
// (statistics/changepoints.h).
inline constexpr std::size_t kFewestCheckpoints = 9;

// The phases of a training from the progress measures of its checkpoints.
struct PhaseFindings {
    std::string status;  // "judged", or why not
    std::optional<TrainingPhases> phases{};
};
// steps: rising, one a progress.
PhaseFindings find_phases(const std::vector<std::int64_t>& steps,
                          const std::vector<FourierProgress>& progress, std::uint64_t seed);

// Rows of fourier_summary.tsv: quantity, value, an interval where there is one, and a note.
lab::TableRows summary_rows(const pairs::Snapshot& snapshot, const FourierSettings& settings,
                            const FourierView& view, const std::optional<FourierNulls>& nulls,
                            const Frequencies& keys, const NeuronWaves& waves,
                            const NeuronCorrelations& correlations, const PhaseFindings& phases,
                            const std::vector<std::int64_t>& steps_left_out);
// A row of fourier_phases.tsv for every phase.
lab::TableRows phase_rows(const pairs::Snapshot& snapshot, const PhaseFindings& phases);

}  // namespace dualtape::analyses
