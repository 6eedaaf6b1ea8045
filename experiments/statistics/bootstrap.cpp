#include "experiments/statistics/bootstrap.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include "engine/core/indexing.h"
#include "engine/core/parallel.h"
#include "engine/kernels/gemm.h"
#include "engine/kernels/random.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::statistics {

namespace {

// Resamples of one product: enough columns for it to run at full speed.
constexpr Index kChunk = 32;

}  // namespace

std::vector<Interval> mean_intervals(const Mat<double>& values, const BootstrapSettings& settings) {
    if (settings.resamples < 1) {
        throw std::invalid_argument("bootstrap: resamples = " + std::to_string(settings.resamples) +
                                    " must be 1 or more; 2000 is usual");
    }
    const Index rows = values.rows(), columns = values.cols();
    if (columns == 0) {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        return std::vector<Interval>(at(rows), {nan, nan});
    }
    // A resample is how often it takes each column; its means are a product with these counts.
    Mat<double> sums(rows, settings.resamples);
    const Index chunks = (settings.resamples + kChunk - 1) / kChunk;
    parallel_for(settings.threads, chunks, [&](Index chunk, int) {
        const Index first = chunk * kChunk;
        const Index count = std::min(kChunk, settings.resamples - first);
        Mat<double> counts = Mat<double>::Zero(columns, count);
        for (Index r = 0; r < count; ++r) {
            kernels::Stream stream(settings.seed, "paired bootstrap",
                                   static_cast<std::uint64_t>(first + r));
            for (Index i = 0; i < columns; ++i) {
                const auto drawn = stream.below(static_cast<std::uint64_t>(columns));
                counts(static_cast<Index>(drawn), r) += 1;
            }
        }
        kernels::gemm<double>(sums.col(first).data(), {values.data(), rows, columns, false},
                              {counts.data(), columns, count, false}, false);
    });
    std::vector<Interval> intervals;
    std::vector<double> means(at(settings.resamples));
    for (Index row = 0; row < rows; ++row) {
        for (Index r = 0; r < settings.resamples; ++r) {
            means[at(r)] = sums(row, r) / static_cast<double>(columns);
        }
        intervals.push_back({quantile(means, kTail), quantile(means, 1 - kTail)});
    }
    return intervals;
}

}  // namespace dualtape::statistics
