#pragma once
// What the tests of trace estimators share: settings, and the coverage of their intervals.

#include <cstdint>

#include "engine/curvature/trace.h"

namespace dualtape::tests {

inline curvature::TraceSettings<double> with_budget(Index budget, std::uint64_t seed = 0) {
    curvature::TraceSettings<double> settings;
    settings.budget = budget;
    settings.seed = seed;
    return settings;
}

// Share of the estimates of seed 0, 1, ..., runs - 1 whose 95 % interval holds the truth.
template <class Estimator>
double coverage(int runs, double truth, const Estimator& estimate_of) {
    int covered = 0;
    for (int run = 0; run < runs; ++run) {
        const curvature::TraceEstimate estimate = estimate_of(static_cast<std::uint64_t>(run));
        covered += estimate.low <= truth && truth <= estimate.high ? 1 : 0;
    }
    return covered / static_cast<double>(runs);
}

}  // namespace dualtape::tests
