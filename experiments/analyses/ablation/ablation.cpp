#include "experiments/analyses/ablation/ablation.h"

#include <algorithm>
#include <string>

#include "engine/core/parallel.h"
#include "experiments/analyses/ablation/ablation_blocks.h"
#include "experiments/lab/require.h"

namespace dualtape::analyses {

namespace {

std::string text(Index number) { return std::to_string(number); }

std::vector<bool> mask(const ReadoutAblation& ablation, std::span<const Index> units) {
    std::vector<bool> is_ablated(at(ablation.neurons()), false);
    for (const Index unit : units) is_ablated[at(unit)] = true;
    return is_ablated;
}

// kMetrics x N, averaged over the draws.
Mat<double> set_changes(const ReadoutAblation& ablation, const CleanReadout& clean,
                        std::span<const Index> units, int threads) {
    const std::vector<bool> is_ablated = mask(ablation, units);
    const Index draws = ablation.replacement.draws();
    Mat<double> changes = Mat<double>::Zero(kMetrics, ablation.samples());
    parallel_for(threads, num_sample_blocks(ablation.samples()), [&](Index b, int) {
        const SampleBlock block = sample_block(b, ablation.samples());
        Mat<double> Z;
        for (Index draw = 0; draw < draws; ++draw) {
            write_logits(ablation, is_ablated, draw, block, Z);
            add_changes(ablation, clean, block, 1.0 / static_cast<double>(draws), Z,
                        changes.middleCols(block.first, block.count));
        }
    });
    return changes;
}

}  // namespace

void ReadoutAblation::check() const {
    lab::require(samples() > 0, "ablation", "there are no samples; give the activations of some");
    lab::require(
        classes() >= 2, "ablation",
        "a readout of " + text(classes()) + " classes has no wrong one; margins need two or more");
    lab::require(readout.weight.cols() == neurons(), "ablation",
                 "the readout reads " + text(readout.weight.cols()) +
                     " units, the activations have " + text(neurons()) +
                     "; give the layer that it reads");
    lab::require(readout.bias.size() == classes(), "ablation",
                 "the bias has " + text(readout.bias.size()) + " entries for " + text(classes()) +
                     " classes; give zeros if there is none");
    lab::require(static_cast<Index>(labels.size()) == samples(), "ablation",
                 text(static_cast<Index>(labels.size())) + " labels for " + text(samples()) +
                     " samples; there must be one each");
    for (const std::int32_t label : labels) {
        lab::require(label >= 0 && label < classes(), "ablation",
                     "label " + text(label) + " is not below the " + text(classes()) + " classes");
    }
    lab::require(replacement.draws() > 0, "ablation",
                 "the replacement has no draw; make it by replacement.h");
    lab::require(replacement.pool.rows() == neurons(), "ablation",
                 "the replacement has " + text(replacement.pool.rows()) +
                     " units, the activations " + text(neurons()) +
                     "; both must come from the same layer");
    for (const std::vector<std::int32_t>& columns : replacement.sources) {
        lab::require(static_cast<Index>(columns.size()) == samples(), "ablation",
                     "the replacement is for " + text(static_cast<Index>(columns.size())) +
                         " samples, there are " + text(samples()));
        for (const std::int32_t column : columns) {
            lab::require(column >= 0 && column < replacement.pool.cols(), "ablation",
                         "the replacement's pool has " + text(replacement.pool.cols()) +
                             " columns, a sample takes column " + text(column));
        }
    }
    lab::require(hidden.allFinite() && readout.weight.allFinite() && readout.bias.allFinite() &&
                     replacement.pool.allFinite(),
                 "ablation", "activations or weights are not finite; take an earlier checkpoint");
}

AblationMetrics clean_metrics(const ReadoutAblation& ablation) {
    ablation.check();
    Vec<double> rows = read_clean(ablation, 1).measures.rowwise().mean();
    rows(kMetrics - 1) = 0;
    return metrics_from(rows);
}

Mat<double> ablated_logits(const ReadoutAblation& ablation, std::span<const Index> units,
                           Index draw) {
    ablation.check();
    check_units(ablation, units);
    const Index draws = ablation.replacement.draws();
    lab::require(draw >= 0 && draw < draws, "ablation",
                 "draw " + text(draw) + " does not exist; there are " + text(draws) + ", from 0");
    Mat<double> logits(ablation.classes(), ablation.samples());
    const std::vector<bool> is_ablated = mask(ablation, units);
    for (Index b = 0; b < num_sample_blocks(ablation.samples()); ++b) {
        const SampleBlock block = sample_block(b, ablation.samples());
        Mat<double> Z;
        write_logits(ablation, is_ablated, draw, block, Z);
        logits.middleCols(block.first, block.count) = Z;
    }
    return logits;
}

std::vector<AblationChange> ablate_sets(const ReadoutAblation& ablation,
                                        const std::vector<std::vector<Index>>& sets,
                                        const statistics::BootstrapSettings& bootstrap) {
    ablation.check();
    for (const std::vector<Index>& set : sets) check_units(ablation, set);
    const CleanReadout clean = read_clean(ablation, bootstrap.threads);
    Mat<double> changes(kMetrics * static_cast<Index>(sets.size()), ablation.samples());
    for (std::size_t i = 0; i < sets.size(); ++i) {
        changes.middleRows(kMetrics * static_cast<Index>(i), kMetrics) =
            set_changes(ablation, clean, sets[i], bootstrap.threads);
    }
    return changes_from(changes, bootstrap);
}

AblationChange ablate_set(const ReadoutAblation& ablation, std::span<const Index> units,
                          const statistics::BootstrapSettings& bootstrap) {
    return ablate_sets(ablation, {std::vector<Index>(units.begin(), units.end())}, bootstrap)[0];
}

std::vector<AblationChange> ablate_each(const ReadoutAblation& ablation,
                                        const statistics::BootstrapSettings& bootstrap) {
    ablation.check();
    const CleanReadout clean = read_clean(ablation, bootstrap.threads);
    const Index neurons = ablation.neurons(), draws = ablation.replacement.draws();
    Mat<double> changes = Mat<double>::Zero(kMetrics * neurons, ablation.samples());
    parallel_for(bootstrap.threads, num_sample_blocks(ablation.samples()), [&](Index b, int) {
        const SampleBlock block = sample_block(b, ablation.samples());
        Mat<double> Z;
        for (Index unit = 0; unit < neurons; ++unit) {
            for (Index draw = 0; draw < draws; ++draw) {
                Z = clean.logits.middleCols(block.first, block.count);
                remove_unit(ablation, unit, draw, block, Z);
                add_changes(ablation, clean, block, 1.0 / static_cast<double>(draws), Z,
                            changes.block(kMetrics * unit, block.first, kMetrics, block.count));
            }
        }
    });
    return changes_from(changes, bootstrap);
}

std::vector<ClusterAblation> ablate_clusters(const ReadoutAblation& ablation,
                                             const std::vector<std::vector<Index>>& clusters,
                                             const statistics::BootstrapSettings& bootstrap) {
    // Cluster by cluster: its units, and all others.
    std::vector<std::vector<Index>> sets;
    for (const std::vector<Index>& cluster : clusters) {
        check_units(ablation, cluster);
        const std::vector<bool> is_kept = mask(ablation, cluster);
        std::vector<Index> others;
        for (Index unit = 0; unit < ablation.neurons(); ++unit) {
            if (!is_kept[at(unit)]) others.push_back(unit);
        }
        sets.push_back(cluster);
        sets.push_back(std::move(others));
    }
    const std::vector<AblationChange> changes = ablate_sets(ablation, sets, bootstrap);
    std::vector<ClusterAblation> results;
    for (std::size_t i = 0; i < clusters.size(); ++i) {
        results.push_back({clusters[i], changes[2 * i], changes[2 * i + 1]});
    }
    return results;
}

}  // namespace dualtape::analyses
