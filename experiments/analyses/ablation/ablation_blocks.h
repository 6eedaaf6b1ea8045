#pragma once
// Blocks of samples, their logits after an ablation, and what that changes: the inner loops that
// the files on ablation share.
//
// A block is small enough for its logits to stay in cache, and the same blocks are used with and
// without ablation, so that an ablation that changes nothing changes no bit.

#include "experiments/analyses/ablation/ablation.h"

namespace dualtape::analyses {

struct SampleBlock {
    Index first = 0, count = 0;
};
Index num_sample_blocks(Index samples);
SampleBlock sample_block(Index block, Index samples);

// The metrics of one sample, as rows of a matrix in the order of AblationMetrics.
inline constexpr Index kMetrics = 5;
AblationMetrics metrics_from(const Vec<double>& rows);

// Means of every kMetrics rows of `changes`, kMetrics R x N, with paired intervals: R changes.
std::vector<AblationChange> changes_from(const Mat<double>& changes,
                                         const statistics::BootstrapSettings& bootstrap);

// The network as it is: what every ablation starts from and is compared with.
struct CleanReadout {
    Mat<double> logits;         // C x N
    Mat<double> probabilities;  // C x N, their softmax
    // kMetrics x N. The last row is the cross-entropy of the predictions against themselves, their
    // entropy: a divergence is a difference from it.
    Mat<double> measures;
};
CleanReadout read_clean(const ReadoutAblation& ablation, int threads);

// Throws std::invalid_argument when a unit does not exist or is listed twice.
void check_units(const ReadoutAblation& ablation, std::span<const Index> units);

// Z = b + W h of the block, h_j replaced where is_ablated[j]; C x count, resized.
void write_logits(const ReadoutAblation& ablation, const std::vector<bool>& is_ablated, Index draw,
                  SampleBlock block, Mat<double>& Z);

// Z -= W_j (h_j - c_j): one unit of the block ablated. Cost: 2 C count flops.
inline void remove_unit(const ReadoutAblation& ablation, Index unit, Index draw, SampleBlock block,
                        Mat<double>& Z) {
    for (Index i = 0; i < block.count; ++i) {
        const Index sample = block.first + i;
        const double lost =
            ablation.hidden(unit, sample) - ablation.replacement.value(unit, sample, draw);
        Z.col(i) -= lost * ablation.readout.weight.col(unit);
    }
}

// changes += scale * (metrics of the logits Z - clean metrics) of every sample of the block,
// kMetrics x count. Z is C x count and overwritten. Cost: C count exponentials.
void add_changes(const ReadoutAblation& ablation, const CleanReadout& clean, SampleBlock block,
                 double scale, Mat<double>& Z, Out<Mat<double>> changes);

}  // namespace dualtape::analyses
