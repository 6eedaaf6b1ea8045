#pragma once
// What a probe scores where there is nothing to read: shuffled labels and random labels by type.

#include <cstdint>
#include <span>
#include <vector>

#include "experiments/analyses/probes/probe_protocol.h"

namespace dualtape::analyses {

struct PermutationControl {
    Scores observed;               // mean over the folds of repeat 0, with the true labels
    std::vector<Scores> permuted;  // the same mean for each permutation
    Scores mean;                   // of the permutations: what chance scores
    // (1 + permutations that score as high) / (1 + permutations): 1/21 at the least for 20.
    // Source: Phipson & Smyth 2010.
    Scores p_value;
};

// What is fitted to permuted labels, and to the true ones beside them.
enum class PermutedProbe {
    logistic,      // the probe of run_probe, penalty and all
    least_squares  // least_squares_probe.h: one eigendecomposition a fold serves all permutations;
                   // bits_gained is NaN
};

// The folds of repeat 0 of run_probe, and `permutations` times labels that are shuffled inside each
// fold, so that all stay stratified; the penalty is chosen anew for each. Where all samples of
// every group have one label, whole groups exchange labels, as shuffled samples would be an easier
// null. Stream "permuted labels". Cost: 1 + permutations cross-validations of one repeat, or about
// two in all by least squares. In parallel. Throws std::invalid_argument as run_probe, and for
// fewer than 1 permutation.
PermutationControl permute_labels(In<Mat<double>> features, std::span<const std::int32_t> labels,
                                  std::span<const std::int32_t> groups,
                                  const ProbeProtocol& settings, Index permutations = 20,
                                  PermutedProbe probe = PermutedProbe::logistic);

// A control task: every input type gets one random label, the same for all its samples. A probe
// that reads it memorises types; the difference to the concept is the selectivity.
//   types: N, say the operand x
// The share of types with label 1 is that of the samples, rounded, but at least one type and not
// all; which ones is drawn anew for each repeat, from the stream "control task". Folds are
// stratified by the control's labels (and by groups, if any): types must lie in several folds, or
// chance is all there is to score.
// Source: Hewitt & Liang, EMNLP 2019, arXiv 1909.03368.
// Throws std::invalid_argument for fewer than 2 types, and as run_probe.
ProbeResult run_control_task(In<Mat<double>> features, std::span<const std::int32_t> labels,
                             std::span<const std::int32_t> types,
                             std::span<const std::int32_t> groups, const ProbeProtocol& settings);
// The labels of one repeat.
std::vector<std::int32_t> control_labels(std::span<const std::int32_t> labels,
                                         std::span<const std::int32_t> types, std::uint64_t seed,
                                         std::uint64_t repeat);

// Concept less control, with an interval as if the two were independent.
struct Selectivity {
    Scores difference, low, high;
};
Selectivity selectivity(const ProbeResult& concept_result, const ProbeResult& control);

}  // namespace dualtape::analyses
