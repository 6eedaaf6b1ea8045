#pragma once
// Ablations anywhere in a network, from the logits that they leave: the metrics and intervals of
// ablation.h without its linear readout.

#include <functional>

#include "experiments/analyses/ablation/ablation.h"

namespace dualtape::analyses {

struct LogitAblations {
    Mat<double> clean;                 // C x N
    std::vector<std::int32_t> labels;  // N, below C
    Index sets = 0, draws = 1;         // ablations, and draws of what takes the place
    // Logits after an ablation, C x N. Called once for every set and draw, in order.
    std::function<Mat<double>(Index set, Index draw)> ablated;
};

// One entry a set: ablated less clean with intervals, or the metrics of the ablated network.
// Cost beside `ablated`: C N exponentials a set and draw, and 40 sets N bytes. Same bits for any
// number of threads. Throw std::invalid_argument as ReadoutAblation::check, and for logits of
// another shape than the clean ones.
std::vector<AblationChange> logit_changes(const LogitAblations& ablations,
                                          const statistics::BootstrapSettings& bootstrap);
std::vector<AblationMetrics> logit_metrics(const LogitAblations& ablations, int threads);

}  // namespace dualtape::analyses
