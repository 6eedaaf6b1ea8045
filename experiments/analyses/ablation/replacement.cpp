#include "experiments/analyses/ablation/replacement.h"

#include <algorithm>
#include <stdexcept>

#include "engine/kernels/random.h"

namespace dualtape::analyses {

namespace {

std::vector<std::vector<std::int32_t>> all_from_column_0(Index samples) {
    return {std::vector<std::int32_t>(at(samples), 0)};
}

}  // namespace

Replacement replace_by_zero(Index neurons, Index samples) {
    return {"zero", Mat<double>::Zero(neurons, 1), all_from_column_0(samples)};
}

Replacement replace_by_mean(const Mat<double>& grid, Index samples) {
    if (grid.cols() == 0) {
        throw std::invalid_argument("mean replacement: the grid has no columns; give all pairs");
    }
    return {"mean", grid.rowwise().mean(), all_from_column_0(samples)};
}

Replacement replace_by_conditional_mean(const Mat<double>& grid,
                                        std::span<const std::int32_t> grid_conditions,
                                        std::span<const std::int32_t> conditions) {
    if (grid.cols() != static_cast<Index>(grid_conditions.size())) {
        throw std::invalid_argument("conditional mean: " + std::to_string(grid_conditions.size()) +
                                    " conditions for " + std::to_string(grid.cols()) +
                                    " columns of the grid; there must be one each");
    }
    Index groups = 0;
    for (const std::int32_t condition : grid_conditions) {
        if (condition < 0) {
            throw std::invalid_argument("conditional mean: condition " + std::to_string(condition) +
                                        " is negative; number conditions from 0");
        }
        groups = std::max<Index>(groups, condition + 1);
    }
    Mat<double> means = Mat<double>::Zero(grid.rows(), groups);
    std::vector<Index> members(at(groups), 0);
    for (Index column = 0; column < grid.cols(); ++column) {
        const Index group = grid_conditions[at(column)];
        means.col(group) += grid.col(column);
        ++members[at(group)];
    }
    for (const std::int32_t condition : conditions) {
        if (condition < 0 || condition >= groups || members[at(condition)] == 0) {
            throw std::invalid_argument("conditional mean: no column of the grid has condition " +
                                        std::to_string(condition) + "; give all pairs");
        }
    }
    for (Index group = 0; group < groups; ++group) {
        if (members[at(group)] > 0) means.col(group) /= static_cast<double>(members[at(group)]);
    }
    return {"conditional mean", std::move(means), {{conditions.begin(), conditions.end()}}};
}

Replacement replace_by_resampling(const Mat<double>& pool, Index samples,
                                  std::span<const std::int32_t> own,
                                  const ResampleSettings& settings) {
    if (settings.draws < 1) {
        throw std::invalid_argument("resampling: draws = " + std::to_string(settings.draws) +
                                    " must be 1 or more; 16 is usual");
    }
    const bool is_excluding = !own.empty();
    if (is_excluding && static_cast<Index>(own.size()) != samples) {
        throw std::invalid_argument("resampling: " + std::to_string(own.size()) +
                                    " own columns for " + std::to_string(samples) +
                                    " samples; give one each, or none");
    }
    const Index choices = pool.cols() - (is_excluding ? 1 : 0);
    if (choices < 1) {
        throw std::invalid_argument("resampling: the pool has " + std::to_string(pool.cols()) +
                                    " columns; there must be another one to draw");
    }
    for (const std::int32_t column : own) {
        if (column < 0 || column >= pool.cols()) {
            throw std::invalid_argument("resampling: own column " + std::to_string(column) +
                                        " is not one of the " + std::to_string(pool.cols()) +
                                        " columns of the pool");
        }
    }
    Replacement replacement{"resample", pool, {}};
    for (Index draw = 0; draw < settings.draws; ++draw) {
        kernels::Stream stream(settings.seed, "resample", static_cast<std::uint64_t>(draw));
        std::vector<std::int32_t> columns(at(samples));
        for (Index sample = 0; sample < samples; ++sample) {
            const auto drawn =
                static_cast<std::int32_t>(stream.below(static_cast<std::uint64_t>(choices)));
            const bool is_behind = is_excluding && drawn >= own[at(sample)];
            columns[at(sample)] = drawn + (is_behind ? 1 : 0);
        }
        replacement.sources.push_back(std::move(columns));
    }
    return replacement;
}

}  // namespace dualtape::analyses
