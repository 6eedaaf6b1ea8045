#include "experiments/analyses/ablation/ablation_blocks.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "engine/core/parallel.h"
#include "engine/kernels/elementary.h"
#include "engine/kernels/gemm.h"
#include "engine/kernels/softmax.h"

namespace dualtape::analyses {

namespace {

// 64 samples of 113 classes are 58 kB: within the second level of cache.
constexpr Index kBlock = 64;

double largest_of(const double* values, Index size) {
    if (size == 0) return -std::numeric_limits<double>::infinity();
    return Eigen::Map<const Vec<double>>(values, size).maxCoeff();
}

// Rows of AblationMetrics for every column of Z, which is overwritten; the last row is the
// cross-entropy against the probabilities, -sum_c p_c log softmax(z)_c.
void measure(const ReadoutAblation& ablation, const Mat<double>& probabilities, SampleBlock block,
             Mat<double>& Z, Mat<double>& measures) {
    const Index classes = Z.rows();
    measures.resize(kMetrics, block.count);
    Vec<double> largest(block.count), sums(block.count), expected(block.count);
    for (Index i = 0; i < block.count; ++i) {
        const Index label = ablation.labels[at(block.first + i)];
        const double* z = Z.col(i).data();
        const double before = largest_of(z, label);
        const double behind = largest_of(z + label + 1, classes - label - 1);
        largest(i) = std::max({before, z[label], behind});
        expected(i) = probabilities.col(block.first + i).dot(Z.col(i));
        measures(0, i) = z[label] > before && z[label] >= behind ? 1 : 0;
        measures(2, i) = z[label];
        measures(3, i) = z[label] - std::max(before, behind);
        Z.col(i).array() -= largest(i);
    }
    kernels::exp(Z.data(), Z.data(), Z.size());
    for (Index i = 0; i < block.count; ++i) sums(i) = Z.col(i).sum();
    kernels::log(sums.data(), sums.data(), sums.size());
    for (Index i = 0; i < block.count; ++i) {
        const double log_sum_exp = largest(i) + sums(i);
        measures(1, i) = log_sum_exp - measures(2, i);
        measures(4, i) = log_sum_exp - expected(i);
    }
}

}  // namespace

Index num_sample_blocks(Index samples) { return (samples + kBlock - 1) / kBlock; }

SampleBlock sample_block(Index block, Index samples) {
    return {block * kBlock, std::min(kBlock, samples - block * kBlock)};
}

AblationMetrics metrics_from(const Vec<double>& rows) {
    return {rows(0), rows(1), rows(2), rows(3), rows(4)};
}

std::vector<AblationChange> changes_from(const Mat<double>& changes,
                                         const statistics::BootstrapSettings& bootstrap) {
    const std::vector<statistics::Interval> intervals =
        statistics::mean_intervals(changes, bootstrap);
    const auto estimate = [&](Index row) {
        return Estimate{changes.row(row).mean(), intervals[at(row)]};
    };
    std::vector<AblationChange> all;
    for (Index row = 0; row < changes.rows(); row += kMetrics) {
        all.push_back({estimate(row), estimate(row + 1), estimate(row + 2), estimate(row + 3),
                       estimate(row + 4)});
    }
    return all;
}

CleanReadout read_clean(const ReadoutAblation& ablation, int threads) {
    const Index samples = ablation.samples();
    CleanReadout clean;
    clean.logits.resize(ablation.classes(), samples);
    clean.probabilities.resize(ablation.classes(), samples);
    clean.measures.resize(kMetrics, samples);
    const std::vector<bool> none(at(ablation.neurons()), false);
    parallel_for(threads, num_sample_blocks(samples), [&](Index b, int) {
        const SampleBlock block = sample_block(b, samples);
        Mat<double> Z, measures;
        write_logits(ablation, none, 0, block, Z);
        clean.logits.middleCols(block.first, block.count) = Z;
        double* probabilities = clean.probabilities.col(block.first).data();
        kernels::softmax(probabilities, Z.data(), Z.rows(), block.count);
        measure(ablation, clean.probabilities, block, Z, measures);
        clean.measures.middleCols(block.first, block.count) = measures;
    });
    return clean;
}

void check_units(const ReadoutAblation& ablation, std::span<const Index> units) {
    std::vector<bool> is_listed(at(ablation.neurons()), false);
    for (const Index unit : units) {
        if (unit < 0 || unit >= ablation.neurons()) {
            throw std::invalid_argument("ablation: unit " + std::to_string(unit) +
                                        " does not exist; there are " +
                                        std::to_string(ablation.neurons()) + ", from 0");
        }
        if (is_listed[at(unit)]) {
            throw std::invalid_argument("ablation: unit " + std::to_string(unit) +
                                        " is listed twice; list every unit once");
        }
        is_listed[at(unit)] = true;
    }
}

void write_logits(const ReadoutAblation& ablation, const std::vector<bool>& is_ablated, Index draw,
                  SampleBlock block, Mat<double>& Z) {
    const Index neurons = ablation.neurons();
    Mat<double> h = ablation.hidden.middleCols(block.first, block.count);
    for (Index i = 0; i < block.count; ++i) {
        for (Index j = 0; j < neurons; ++j) {
            if (is_ablated[at(j)]) {
                h(j, i) = ablation.replacement.value(j, block.first + i, draw);
            }
        }
    }
    Z = ablation.readout.bias.replicate(1, block.count);
    const Mat<double>& W = ablation.readout.weight;
    kernels::gemm<double>(Z.data(), {W.data(), W.rows(), W.cols(), false},
                          {h.data(), h.rows(), h.cols(), false}, true);
}

void add_changes(const ReadoutAblation& ablation, const CleanReadout& clean, SampleBlock block,
                 double scale, Mat<double>& Z, Out<Mat<double>> changes) {
    Mat<double> measures;
    measure(ablation, clean.probabilities, block, Z, measures);
    changes += scale * (measures - clean.measures.middleCols(block.first, block.count));
}

}  // namespace dualtape::analyses
