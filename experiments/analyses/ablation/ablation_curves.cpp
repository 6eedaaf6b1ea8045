#include "experiments/analyses/ablation/ablation_curves.h"

#include <numeric>
#include <stdexcept>
#include <string>

#include "engine/core/parallel.h"
#include "engine/kernels/random.h"
#include "experiments/analyses/ablation/ablation_blocks.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

void check_counts(const std::vector<Index>& counts, std::size_t units) {
    Index least = 0;
    for (const Index count : counts) {
        if (count < least || count > static_cast<Index>(units)) {
            throw std::invalid_argument("ablation curve: " + std::to_string(count) +
                                        " units at a point after " + std::to_string(least - 1) +
                                        ", of an order of " + std::to_string(units) +
                                        "; counts must increase from 0 to the length of the order");
        }
        least = count + 1;
    }
}

// Sums over one block of samples, kMetrics x counts, of the change at every count.
Mat<double> block_sums(const ReadoutAblation& ablation, const CleanReadout& clean,
                       const std::vector<Index>& order, const std::vector<Index>& counts,
                       SampleBlock block) {
    const Index draws = ablation.replacement.draws();
    Mat<double> sums = Mat<double>::Zero(kMetrics, static_cast<Index>(counts.size()));
    Mat<double> changes(kMetrics, block.count), Z, scratch;
    for (Index draw = 0; draw < draws; ++draw) {
        Z = clean.logits.middleCols(block.first, block.count);
        Index ablated = 0;
        for (Index point = 0; point < sums.cols(); ++point) {
            for (; ablated < counts[at(point)]; ++ablated) {
                remove_unit(ablation, order[at(ablated)], draw, block, Z);
            }
            scratch = Z;
            changes.setZero();
            add_changes(ablation, clean, block, 1.0 / static_cast<double>(draws), scratch, changes);
            sums.col(point) += changes.rowwise().sum();
        }
    }
    return sums;
}

// Curves of several orders; the tasks are all blocks of all orders.
std::vector<AblationCurve> curves_of(const ReadoutAblation& ablation,
                                     const std::vector<std::vector<Index>>& orders,
                                     const std::vector<Index>& counts, int threads) {
    const CleanReadout clean = read_clean(ablation, threads);
    const Index blocks = num_sample_blocks(ablation.samples());
    std::vector<Mat<double>> sums(orders.size() * at(blocks));
    parallel_for(threads, static_cast<Index>(sums.size()), [&](Index task, int) {
        sums[at(task)] = block_sums(ablation, clean, orders[at(task / blocks)], counts,
                                    sample_block(task % blocks, ablation.samples()));
    });
    Vec<double> start = clean.measures.rowwise().mean();
    start(kMetrics - 1) = 0;
    std::vector<AblationCurve> curves;
    for (std::size_t order = 0; order < orders.size(); ++order) {
        Mat<double> total = Mat<double>::Zero(kMetrics, static_cast<Index>(counts.size()));
        for (Index b = 0; b < blocks; ++b) total += sums[order * at(blocks) + at(b)];
        AblationCurve curve{counts, {}};
        for (Index point = 0; point < total.cols(); ++point) {
            curve.metrics.push_back(
                metrics_from(start + total.col(point) / static_cast<double>(ablation.samples())));
        }
        curves.push_back(std::move(curve));
    }
    return curves;
}

}  // namespace

std::vector<Index> all_counts(Index neurons) {
    std::vector<Index> counts(at(neurons + 1));
    std::iota(counts.begin(), counts.end(), Index{0});
    return counts;
}

AblationCurve cumulative_ablation(const ReadoutAblation& ablation, const std::vector<Index>& order,
                                  const std::vector<Index>& counts, int threads) {
    ablation.check();
    check_units(ablation, order);
    check_counts(counts, order.size());
    return curves_of(ablation, {order}, counts, threads).front();
}

std::vector<AblationCurve> random_ablation(const ReadoutAblation& ablation,
                                           const std::vector<Index>& counts,
                                           const RandomAblationSettings& settings) {
    ablation.check();
    check_counts(counts, at(ablation.neurons()));
    if (settings.orders < 1) {
        throw std::invalid_argument("random ablation: orders = " + std::to_string(settings.orders) +
                                    " must be 1 or more; 50 is usual");
    }
    std::vector<std::vector<Index>> orders;
    for (Index order = 0; order < settings.orders; ++order) {
        kernels::Stream stream(settings.seed, "random units", static_cast<std::uint64_t>(order));
        orders.push_back(stream.permutation(ablation.neurons()));
    }
    return curves_of(ablation, orders, counts, settings.threads);
}

AblationBand ablation_band(const std::vector<AblationCurve>& curves) {
    if (curves.empty()) {
        throw std::invalid_argument("ablation band: no curves; give one or more");
    }
    AblationBand band{curves.front().num_ablated, {}, {}, {}};
    for (const AblationCurve& curve : curves) {
        if (curve.num_ablated != band.num_ablated) {
            throw std::invalid_argument(
                "ablation band: the curves have different counts; give all the same");
        }
    }
    for (std::size_t point = 0; point < band.num_ablated.size(); ++point) {
        AblationMetrics median, low, high;
        for (double AblationMetrics::*const metric :
             {&AblationMetrics::accuracy, &AblationMetrics::loss, &AblationMetrics::correct_logit,
              &AblationMetrics::margin, &AblationMetrics::divergence}) {
            std::vector<double> values;
            for (const AblationCurve& curve : curves) {
                values.push_back(curve.metrics[point].*metric);
            }
            median.*metric = statistics::quantile(values, 0.5);
            low.*metric = statistics::quantile(values, statistics::kTail);
            high.*metric = statistics::quantile(values, 1 - statistics::kTail);
        }
        band.median.push_back(median);
        band.low.push_back(low);
        band.high.push_back(high);
    }
    return band;
}

}  // namespace dualtape::analyses
