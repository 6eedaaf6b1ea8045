#include "experiments/analyses/ablation/logit_ablation.h"

#include <stdexcept>
#include <string>

#include "engine/core/parallel.h"
#include "experiments/analyses/ablation/ablation_blocks.h"

namespace dualtape::analyses {

namespace {

// Logits are activations that the identity reads out.
ReadoutAblation identity_readout(const LogitAblations& ablations) {
    const Index classes = ablations.clean.rows();
    return {{Mat<double>::Identity(classes, classes), Vec<double>::Zero(classes)},
            ablations.clean,
            ablations.labels,
            replace_by_zero(classes, ablations.clean.cols())};
}

// Changes of every sample, averaged over draws: kMetrics rows a set, N columns.
Mat<double> sample_changes(const LogitAblations& ablations, const ReadoutAblation& readout,
                           const CleanReadout& clean, int threads) {
    const Index samples = readout.samples();
    const double share = 1.0 / static_cast<double>(ablations.draws);
    Mat<double> changes = Mat<double>::Zero(kMetrics * ablations.sets, samples);
    for (Index set = 0; set < ablations.sets; ++set) {
        for (Index draw = 0; draw < ablations.draws; ++draw) {
            const Mat<double> logits = ablations.ablated(set, draw);
            if (logits.rows() != readout.classes() || logits.cols() != samples) {
                throw std::invalid_argument(
                    "logit ablation: " + std::to_string(logits.rows()) + "x" +
                    std::to_string(logits.cols()) + " ablated logits for " +
                    std::to_string(readout.classes()) + "x" + std::to_string(samples) +
                    " clean ones; both must be of the same samples");
            }
            parallel_for(threads, num_sample_blocks(samples), [&](Index b, int) {
                const SampleBlock block = sample_block(b, samples);
                Mat<double> Z = logits.middleCols(block.first, block.count);
                add_changes(readout, clean, block, share, Z,
                            changes.block(kMetrics * set, block.first, kMetrics, block.count));
            });
        }
    }
    return changes;
}

}  // namespace

std::vector<AblationChange> logit_changes(const LogitAblations& ablations,
                                          const statistics::BootstrapSettings& bootstrap) {
    const ReadoutAblation readout = identity_readout(ablations);
    readout.check();
    const Mat<double> changes = sample_changes(
        ablations, readout, read_clean(readout, bootstrap.threads), bootstrap.threads);
    return changes_from(changes, bootstrap);
}

std::vector<AblationMetrics> logit_metrics(const LogitAblations& ablations, int threads) {
    const ReadoutAblation readout = identity_readout(ablations);
    readout.check();
    // Changes from zero are metrics; only a divergence is a change by itself.
    CleanReadout origin = read_clean(readout, threads);
    origin.measures.topRows(kMetrics - 1).setZero();
    const Mat<double> values = sample_changes(ablations, readout, origin, threads);
    std::vector<AblationMetrics> metrics;
    for (Index set = 0; set < ablations.sets; ++set) {
        metrics.push_back(
            metrics_from(values.middleRows(kMetrics * set, kMetrics).rowwise().mean()));
    }
    return metrics;
}

}  // namespace dualtape::analyses
