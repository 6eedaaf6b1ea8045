#include "experiments/analyses/ablation/ablation_pairs.h"

#include "engine/core/parallel.h"
#include "experiments/analyses/ablation/ablation_blocks.h"

namespace dualtape::analyses {

namespace {

// Column i of a block's sums for unit i alone, then a column for every pair.
Mat<double> block_sums(const ReadoutAblation& ablation, const CleanReadout& clean,
                       const std::vector<Index>& units, SampleBlock block) {
    const auto count = static_cast<Index>(units.size());
    const Index draws = ablation.replacement.draws();
    const double scale = 1.0 / static_cast<double>(draws);
    Mat<double> sums = Mat<double>::Zero(kMetrics, count + count * (count - 1) / 2);
    Mat<double> changes(kMetrics, block.count), without_first, Z;
    const auto add_to = [&](Index column) {
        changes.setZero();
        add_changes(ablation, clean, block, scale, Z, changes);
        sums.col(column) += changes.rowwise().sum();
    };
    for (Index draw = 0; draw < draws; ++draw) {
        Index pair = count;
        for (Index i = 0; i < count; ++i) {
            without_first = clean.logits.middleCols(block.first, block.count);
            remove_unit(ablation, units[at(i)], draw, block, without_first);
            Z = without_first;
            add_to(i);
            for (Index j = i + 1; j < count; ++j) {
                Z = without_first;
                remove_unit(ablation, units[at(j)], draw, block, Z);
                add_to(pair++);
            }
        }
    }
    return sums;
}

}  // namespace

std::vector<PairAblation> ablate_pairs(const ReadoutAblation& ablation,
                                       const std::vector<Index>& units, int threads) {
    ablation.check();
    check_units(ablation, units);
    const CleanReadout clean = read_clean(ablation, threads);
    std::vector<Mat<double>> sums(at(num_sample_blocks(ablation.samples())));
    parallel_for(threads, static_cast<Index>(sums.size()), [&](Index b, int) {
        sums[at(b)] = block_sums(ablation, clean, units, sample_block(b, ablation.samples()));
    });
    Mat<double> means = Mat<double>::Zero(kMetrics, sums.front().cols());
    for (const Mat<double>& sum : sums) means += sum;
    means /= static_cast<double>(ablation.samples());

    std::vector<PairAblation> pairs;
    const auto count = static_cast<Index>(units.size());
    for (Index i = 0; i < count; ++i) {
        for (Index j = i + 1; j < count; ++j) {
            const Vec<double> both = means.col(count + static_cast<Index>(pairs.size()));
            pairs.push_back({units[at(i)], units[at(j)], metrics_from(both),
                             metrics_from(both - means.col(i) - means.col(j))});
        }
    }
    return pairs;
}

}  // namespace dualtape::analyses
