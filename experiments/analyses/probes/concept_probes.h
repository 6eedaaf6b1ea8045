#pragma once
// One concept at one node: the probe, and what it scores where there is nothing to read.

#include <optional>
#include <string>
#include <vector>

#include "experiments/analyses/probes/probe_controls.h"
#include "experiments/analyses/probes/probe_settings.h"
#include "experiments/analyses/probes/probed_pairs.h"

namespace dualtape::analyses {

// A row of probes.tsv without its place. Scores that a probe has not are NaN.
struct ProbeRow {
    std::string control = "none", protocol = "held_out";
    LabelBalance balance{};
    // 95 % intervals: over folds; of shuffled labels, quantiles over the permutations.
    Scores mean = kNoScores, low = kNoScores, high = kNoScores;
    double p_value_balanced_accuracy = kNan, p_value_roc_auc = kNan;
    double penalty = kNan;  // median over folds
    std::optional<Index> num_unconverged{};
    std::string note{};

    static const double kNan;
    static const Scores kNoScores;
};

struct ConceptProbes {
    std::vector<ProbeRow> rows;  // the probe itself first
    std::optional<Selectivity> selectivity{};
};

// features: F x N of the network, and of the untrained one, null where that is not asked for; the
// same ones may be given. Without controls (earlier snapshots) the held-out scores alone.
// What cannot be probed, as it has one class or too few samples of one for the folds, becomes a row
// without scores whose note says why.
ConceptProbes probe_concept(In<Mat<double>> features, const Mat<double>* untrained,
                            const std::string& name, const ProbedPairs& pairs,
                            const ProbeSettings& settings, std::uint64_t seed, bool has_controls);

// The settings of the analysis: one thread, as nodes and concepts run side by side.
ProbeProtocol protocol_of(const ProbeSettings& settings, std::uint64_t seed);

}  // namespace dualtape::analyses
