#pragma once
// The pieces of the protocol that its controls share: folds, one outer fold, summaries.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "experiments/analyses/probes/components.h"
#include "experiments/analyses/probes/probe_protocol.h"

namespace dualtape::analyses {

// Values at the samples listed; of an empty span, nothing.
std::vector<std::int32_t> select(std::span<const std::int32_t> values,
                                 const std::vector<Index>& samples);

// Throws std::invalid_argument unless the settings make sense and the sizes agree.
void check_probe(In<Mat<double>> features, std::size_t labels, std::size_t groups,
                 const ProbeProtocol& settings);

// Grouped folds where there are groups, else stratified ones.
Folds make_folds(std::span<const std::int32_t> labels, std::span<const std::int32_t> groups,
                 Index count, const FoldStream& stream);

// One probe whose penalty was chosen on inner folds, and the components it reads.
struct NestedFit {
    Components components;
    LogisticProbe probe;  // on the components
    double penalty = 0;
    double base_rate = 0;  // prevalence among its samples
};
// index: of the stream "inner folds".
NestedFit fit_nested(In<Mat<double>> features, std::span<const std::int32_t> labels,
                     std::span<const std::int32_t> groups, const ProbeProtocol& settings,
                     std::uint64_t index);

// One outer fold: the fit on the training samples and its scores on the held-out.
struct FoldResult {
    Scores scores;
    double penalty = 0;
    double gradient_norm = 0;
    bool is_converged = false;
};
FoldResult run_fold(In<Mat<double>> features, std::span<const std::int32_t> labels,
                    std::span<const std::int32_t> groups, const Folds& folds, Index which,
                    std::uint64_t repeat, const ProbeProtocol& settings);

// Everything of a result that follows from its folds.
ProbeResult collect_folds(const std::vector<FoldResult>& folds, Index num_folds);

}  // namespace dualtape::analyses
