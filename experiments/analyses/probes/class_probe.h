#pragma once
// The default protocol for concepts of many classes, such as x_class.

#include <cstdint>
#include <span>
#include <vector>

#include "experiments/analyses/probes/probe_protocol.h"
#include "experiments/analyses/probes/softmax_probe.h"

namespace dualtape::analyses {

struct ClassProbeResult {
    std::vector<double> accuracies, balanced_accuracies;  // repeats x folds, held out
    std::vector<double> penalties;
    statistics::Mean accuracy, balanced_accuracy;
    LabelBalance balance;  // base_rate: accuracy of always answering the commonest class
    Index num_unconverged = 0;
};
// run_probe for many classes: the same standardisation, folds, nested choice by log-loss, errors.
// Labels are stratified; groups that hold whole classes are refused, as no training fold would have
// seen the class. Cost: repeats x folds x (penalties x inner_folds + 1) fits (softmax_probe.h):
// with 97 classes and hundreds of components choose few penalties and one repeat.
ClassProbeResult run_class_probe(In<Mat<double>> features, std::span<const std::int32_t> labels,
                                 Index classes, std::span<const std::int32_t> groups,
                                 const ProbeProtocol& settings);

}  // namespace dualtape::analyses
