#pragma once
// What takes the place of an ablated activation: nothing, a mean, or the activation of another
// input.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/indexing.h"
#include "engine/core/types.h"

namespace dualtape::analyses {

// Sample n of an ablation takes column sources[draw][n] of the pool in place of its own
// activations. All neurons of an ablated set take the same column: what they say together stays
// possible. Metrics are averaged over the draws; all replacements but resampling have one.
struct Replacement {
    std::string mode;                                // zero, mean, conditional mean, resample
    Mat<double> pool;                                // F x M
    std::vector<std::vector<std::int32_t>> sources;  // draws x N, columns of the pool

    Index draws() const { return static_cast<Index>(sources.size()); }
    Index samples() const {
        return sources.empty() ? 0 : static_cast<Index>(sources.front().size());
    }
    double value(Index neuron, Index sample, Index draw) const {
        return pool(neuron, sources[at(draw)][at(sample)]);
    }
};

Replacement replace_by_zero(Index neurons, Index samples);

// The mean over the columns of `grid`, F x M, usually all p^2 pairs. Throws std::invalid_argument
// when there are none.
Replacement replace_by_mean(const Mat<double>& grid, Index samples);

// The mean over the columns of the grid that share the sample's condition, usually (a + b) mod p:
// only what the neuron knows beside the condition is lost. grid_conditions: M, conditions: one a
// sample, all >= 0. Throws std::invalid_argument when the sizes differ, or when no column of the
// grid has a sample's condition.
Replacement replace_by_conditional_mean(const Mat<double>& grid,
                                        std::span<const std::int32_t> grid_conditions,
                                        std::span<const std::int32_t> conditions);

struct ResampleSettings {
    Index draws = 16;
    std::uint64_t seed = 0;
};

// Columns of the pool drawn uniformly and independently for every sample, draw d from the stream
// ("resample", d). own: the column that is the sample itself, which is not drawn, one a sample;
// empty when the samples are not in the pool. Throws std::invalid_argument when there is no draw,
// nothing to draw from, or `own` has not one valid column a sample.
Replacement replace_by_resampling(const Mat<double>& pool, Index samples,
                                  std::span<const std::int32_t> own,
                                  const ResampleSettings& settings);

}  // namespace dualtape::analyses
