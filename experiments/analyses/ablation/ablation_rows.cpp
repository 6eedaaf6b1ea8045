#include "experiments/analyses/ablation/ablation_rows.h"

namespace dualtape::analyses {

const std::vector<std::string>& change_columns() {
    static const std::vector<std::string> columns = [] {
        std::vector<std::string> all;
        for (const char* name :
             {"accuracy_change", "loss_change", "correct_logit_change", "margin_change", "kl"}) {
            for (const char* end : {"", "_low", "_high"}) all.push_back(std::string(name) + end);
        }
        return all;
    }();
    return columns;
}

std::vector<lab::Cell> cells_of(const AblationChange& change) {
    std::vector<lab::Cell> cells;
    for (const Estimate* estimate : {&change.accuracy, &change.loss, &change.correct_logit,
                                     &change.margin, &change.divergence}) {
        cells.insert(cells.end(),
                     {estimate->value, estimate->interval.low, estimate->interval.high});
    }
    return cells;
}

const std::vector<std::string>& metric_columns() {
    static const std::vector<std::string> columns{"accuracy", "loss", "correct_logit", "margin",
                                                  "kl"};
    return columns;
}

std::vector<lab::Cell> cells_of(const AblationMetrics& metrics) {
    return {metrics.accuracy, metrics.loss, metrics.correct_logit, metrics.margin,
            metrics.divergence};
}

}  // namespace dualtape::analyses
