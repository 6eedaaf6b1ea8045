#include "experiments/analyses/ablation/minimal_circuit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "engine/core/parallel.h"
#include "engine/kernels/elementary.h"
#include "engine/kernels/gemm.h"
#include "experiments/analyses/ablation/ablation_blocks.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

// Candidates tried side by side: fixed, so that which are tried does not depend on threads.
constexpr std::size_t kTrials = 8;
// Of bounds and losses, relative to the logits that they are differences of.
constexpr double kLogitRounding = 1e-13;
// Below, the closed form of the bound's factor loses digits.
constexpr double kSmallRange = 1e-3;

struct LossAndAccuracy {
    double loss = 0, accuracy = 0;
};

// Losses of the logits Z, which is overwritten: count of them.
Vec<double> block_losses(const ReadoutAblation& ablation, SampleBlock block, Mat<double>& Z) {
    Vec<double> losses(block.count), sums(block.count);
    for (Index i = 0; i < block.count; ++i) {
        const double largest = Z.col(i).maxCoeff();
        losses(i) = largest - Z(ablation.labels[at(block.first + i)], i);
        Z.col(i).array() -= largest;
    }
    kernels::exp(Z.data(), Z.data(), Z.size());
    for (Index i = 0; i < block.count; ++i) sums(i) = Z.col(i).sum();
    kernels::log(sums.data(), sums.data(), sums.size());
    return losses + sums;
}

// The network in the course of a path: who is left, and the logits of every draw.
class Remainder {
  public:
    Remainder(const ReadoutAblation& ablation, int threads)
        : ablation_(ablation), threads_(threads), left_(at(ablation.neurons())) {
        std::iota(left_.begin(), left_.end(), Index{0});
        const CleanReadout clean = read_clean(ablation, threads);
        logits_.assign(at(ablation.replacement.draws()), clean.logits);
        start_ = {clean.measures.row(1).mean(), clean.measures.row(0).mean()};
        rounding_ = kLogitRounding * (1 + clean.logits.cwiseAbs().maxCoeff());
    }

    const std::vector<Index>& left() const { return left_; }
    LossAndAccuracy start() const { return start_; }

    // The unit of left() whose ablation leaves the least loss.
    Index cheapest() const {
        const Vec<double> bounds = lower_bounds();
        std::vector<Index> order(left_.size());
        std::iota(order.begin(), order.end(), Index{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](Index a, Index b) { return bounds(a) < bounds(b); });
        Index best = -1;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t first = 0; first < order.size(); first += kTrials) {
            if (bounds(order[first]) > least + rounding_) break;
            const std::size_t count = std::min(kTrials, order.size() - first);
            std::vector<double> losses(count);
            parallel_for(threads_, static_cast<Index>(count), [&](Index trial, int) {
                losses[at(trial)] = loss_without(left_[at(order[first + at(trial)])], least);
            });
            for (std::size_t trial = 0; trial < count; ++trial) {
                const Index unit = left_[at(order[first + trial])];
                if (losses[trial] < least || (losses[trial] == least && unit < best)) {
                    least = losses[trial];
                    best = unit;
                }
            }
        }
        return best;
    }

    LossAndAccuracy remove(Index unit) {
        left_.erase(std::find(left_.begin(), left_.end(), unit));
        const Index blocks = num_sample_blocks(ablation_.samples());
        std::vector<LossAndAccuracy> sums(at(blocks));
        parallel_for(threads_, blocks, [&](Index b, int) {
            const SampleBlock block = sample_block(b, ablation_.samples());
            Mat<double> Z;
            for (Index draw = 0; draw < ablation_.replacement.draws(); ++draw) {
                auto stored = logits_[at(draw)].middleCols(block.first, block.count);
                Z = stored;
                remove_unit(ablation_, unit, draw, block, Z);
                stored = Z;
                for (Index i = 0; i < block.count; ++i) {
                    Index largest = 0;
                    Z.col(i).maxCoeff(&largest);
                    const bool is_correct = largest == ablation_.labels[at(block.first + i)];
                    sums[at(b)].accuracy += is_correct ? 1 : 0;
                }
                sums[at(b)].loss += block_losses(ablation_, block, Z).sum();
            }
        });
        LossAndAccuracy total;
        for (const LossAndAccuracy& sum : sums) {
            total.loss += sum.loss;
            total.accuracy += sum.accuracy;
        }
        return {total.loss / num_losses(), total.accuracy / num_losses()};
    }

  private:
    double num_losses() const {
        return static_cast<double>(ablation_.samples() * ablation_.replacement.draws());
    }

    // Infinite as soon as it is sure to be above `limit`: losses are not negative.
    double loss_without(Index unit, double limit) const {
        double sum = 0;
        Mat<double> Z;
        for (Index draw = 0; draw < ablation_.replacement.draws(); ++draw) {
            for (Index b = 0; b < num_sample_blocks(ablation_.samples()); ++b) {
                const SampleBlock block = sample_block(b, ablation_.samples());
                Z = logits_[at(draw)].middleCols(block.first, block.count);
                remove_unit(ablation_, unit, draw, block, Z);
                sum += block_losses(ablation_, block, Z).sum();
                if (sum > (limit + rounding_) * num_losses()) {
                    return std::numeric_limits<double>::infinity();
                }
            }
        }
        return sum / num_losses();
    }

    // Of the mean loss without each unit of left(). For one sample, d = h_j - c_j and x the
    // column W_j, phi(t) = loss(z - t d x) has
    //   phi'(0) = -d (E x - x_label)    phi''(t) = d^2 Var x    |phi'''(t)| <= r phi''(t)
    // with moments under the softmax at t, and r = |d| (max x - min x) since a third central moment
    // is at most the range times the variance. So phi''(t) >= phi''(0) exp(-r t), and
    //   phi(1) >= phi(0) + phi'(0) + phi''(0) (exp(-r) - 1 + r) / r^2
    // which is tight to third order. Losses are not negative either.
    Vec<double> lower_bounds() const {
        const auto count = static_cast<Index>(left_.size());
        const Index classes = ablation_.classes();
        // Columns W_j, then their squares; centred, for fewer digits to cancel in the variance.
        Mat<double> moments(classes, 2 * count);
        Vec<double> ranges(count);
        for (Index k = 0; k < count; ++k) {
            const auto column = ablation_.readout.weight.col(left_[at(k)]);
            ranges(k) = column.maxCoeff() - column.minCoeff();
            moments.col(k) = column.array() - column.mean();
            moments.col(count + k) = moments.col(k).cwiseAbs2();
        }
        const Index blocks = num_sample_blocks(ablation_.samples());
        Mat<double> sums(count, blocks);
        parallel_for(threads_, blocks, [&](Index b, int) {
            sums.col(b) = block_bounds(moments, ranges, sample_block(b, ablation_.samples()));
        });
        Vec<double> bounds = Vec<double>::Zero(count);
        for (Index b = 0; b < blocks; ++b) bounds += sums.col(b);
        return bounds / num_losses();
    }

    Vec<double> block_bounds(const Mat<double>& moments, const Vec<double>& ranges,
                             SampleBlock block) const {
        const Index count = ranges.size();
        Vec<double> bounds = Vec<double>::Zero(count);
        Mat<double> P, E(2 * count, block.count);
        Vec<double> lost(count), range(count), decay(count);
        for (Index draw = 0; draw < ablation_.replacement.draws(); ++draw) {
            P = logits_[at(draw)].middleCols(block.first, block.count);
            const Vec<double> losses = block_losses(ablation_, block, P);
            for (Index i = 0; i < block.count; ++i) P.col(i) /= P.col(i).sum();
            kernels::gemm<double>(E.data(), {moments.data(), P.rows(), 2 * count, true},
                                  {P.data(), P.rows(), block.count, false}, false);
            for (Index i = 0; i < block.count; ++i) {
                const Index sample = block.first + i;
                const Index label = ablation_.labels[at(sample)];
                for (Index k = 0; k < count; ++k) {
                    lost(k) = ablation_.hidden(left_[at(k)], sample) -
                              ablation_.replacement.value(left_[at(k)], sample, draw);
                }
                range = lost.cwiseAbs().cwiseProduct(ranges);
                decay = -range;
                kernels::exp(decay.data(), decay.data(), count);
                for (Index k = 0; k < count; ++k) {
                    const double mean = E(k, i), r = range(k);
                    const double variance = std::max(0.0, E(count + k, i) - mean * mean);
                    // Its series from below: (exp(-r) - 1 + r) / r^2 = 1/2 - r/6 + ...
                    const double factor =
                        r < kSmallRange ? 0.5 - r / 6 : (decay(k) - 1 + r) / (r * r);
                    bounds(k) += std::max(0.0, losses(i) - lost(k) * (mean - moments(label, k)) +
                                                   lost(k) * lost(k) * variance * factor);
                }
            }
        }
        return bounds;
    }

    const ReadoutAblation& ablation_;
    int threads_;
    std::vector<Index> left_;          // increasing
    std::vector<Mat<double>> logits_;  // one C x N a draw
    LossAndAccuracy start_;
    double rounding_ = 0;
};

// Ablations before the accuracy first falls below share * accuracies[0].
std::size_t last_sufficient(const std::vector<double>& accuracies, double share) {
    std::size_t count = 0;
    while (count + 1 < accuracies.size() && accuracies[count + 1] >= share * accuracies[0]) ++count;
    return count;
}

std::vector<double> accuracies_of(const AblationCurve& curve) {
    std::vector<double> accuracies;
    for (const AblationMetrics& metrics : curve.metrics) accuracies.push_back(metrics.accuracy);
    return accuracies;
}

}  // namespace

GreedyPath greedy_ablation(const ReadoutAblation& ablation, int threads) {
    ablation.check();
    Remainder remainder(ablation, threads);
    GreedyPath path{{}, {remainder.start().loss}, {remainder.start().accuracy}};
    while (!remainder.left().empty()) {
        const Index unit = remainder.cheapest();
        const LossAndAccuracy reached = remainder.remove(unit);
        path.order.push_back(unit);
        path.loss.push_back(reached.loss);
        path.accuracy.push_back(reached.accuracy);
    }
    return path;
}

std::vector<MinimalCircuit> minimal_circuits(const GreedyPath& path,
                                             const std::vector<AblationCurve>& random,
                                             const std::vector<double>& shares) {
    const std::size_t neurons = path.order.size();
    if (random.empty()) {
        throw std::invalid_argument("minimal circuit: no random curves; random_ablation makes 50");
    }
    for (const AblationCurve& curve : random) {
        if (curve.num_ablated != all_counts(static_cast<Index>(neurons))) {
            throw std::invalid_argument(
                "minimal circuit: a random curve has not every count from 0 to " +
                std::to_string(neurons) + "; make it with all_counts");
        }
    }
    std::vector<MinimalCircuit> circuits;
    for (const double share : shares) {
        if (!(share > 0 && share <= 1)) {
            throw std::invalid_argument("minimal circuit: share = " + std::to_string(share) +
                                        " of the accuracy must be in (0, 1]; 0.99 is usual");
        }
        const std::size_t count = last_sufficient(path.accuracy, share);
        MinimalCircuit circuit;
        circuit.share = share;
        circuit.units.assign(path.order.begin() + static_cast<std::ptrdiff_t>(count),
                             path.order.end());
        std::sort(circuit.units.begin(), circuit.units.end());
        circuit.loss = path.loss[count];
        circuit.accuracy = path.accuracy[count];
        std::vector<double> accuracies, sizes;
        for (const AblationCurve& curve : random) {
            accuracies.push_back(curve.metrics[count].accuracy);
            sizes.push_back(
                static_cast<double>(neurons - last_sufficient(accuracies_of(curve), share)));
        }
        circuit.random_accuracy = statistics::median(accuracies);
        circuit.random_accuracy_range = {statistics::quantile(accuracies, statistics::kTail),
                                         statistics::quantile(accuracies, 1 - statistics::kTail)};
        circuit.random_size = statistics::median(sizes);
        circuit.random_size_range = {statistics::quantile(sizes, statistics::kTail),
                                     statistics::quantile(sizes, 1 - statistics::kTail)};
        circuits.push_back(std::move(circuit));
    }
    return circuits;
}

}  // namespace dualtape::analyses
