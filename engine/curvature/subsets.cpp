#include "engine/curvature/subsets.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "engine/curvature/estimate.h"
#include "engine/kernels/random.h"

namespace dualtape::curvature {

namespace {

void check_range(const std::string& name, Index value, Index limit) {
    if (value >= 1 && value <= limit) return;
    throw std::invalid_argument("subsets: " + name + " = " + std::to_string(value) + "; use 1 to " +
                                std::to_string(limit));
}

// permutation[first, first + count), ascending.
Subset slice(const std::vector<Index>& permutation, Index first, Index count) {
    Subset subset;
    for (Index i = first; i < first + count; ++i) {
        subset.push_back(static_cast<std::int32_t>(permutation[static_cast<std::size_t>(i)]));
    }
    std::sort(subset.begin(), subset.end());
    return subset;
}

}  // namespace

Subset random_subset(Index samples, Index count, std::uint64_t seed, std::uint64_t index) {
    check_range("the number of samples in a subset", count, samples);
    return slice(kernels::Stream(seed, "subset", index).permutation(samples), 0, count);
}

std::vector<Subset> random_subsets(Index samples, Index count, Index repeats, std::uint64_t seed) {
    check_range("repeats", repeats, std::numeric_limits<Index>::max());
    std::vector<Subset> subsets;
    for (Index i = 0; i < repeats; ++i) {
        subsets.push_back(random_subset(samples, count, seed, static_cast<std::uint64_t>(i)));
    }
    return subsets;
}

std::vector<Subset> disjoint_subsets(Index samples, Index parts, std::uint64_t seed) {
    check_range("the number of disjoint subsets", parts, samples);
    const std::vector<Index> permutation = kernels::Stream(seed, "subset").permutation(samples);
    std::vector<Subset> subsets;
    for (Index part = 0; part < parts; ++part) {
        const Index first = part * samples / parts, last = (part + 1) * samples / parts;
        subsets.push_back(slice(permutation, first, last - first));
    }
    return subsets;
}

Subset repeat_samples(const Subset& subset, Index draws) {
    check_range("draws", draws, std::numeric_limits<Index>::max());
    Subset repeated;
    for (const std::int32_t sample : subset) {
        repeated.insert(repeated.end(), static_cast<std::size_t>(draws), sample);
    }
    return repeated;
}

SubsetSpread measure_subsets(const std::vector<Subset>& subsets,
                             const std::function<double(const Subset&)>& measure) {
    if (subsets.empty()) throw std::invalid_argument("subsets: there is none to measure");
    SubsetSpread spread;
    for (const Subset& subset : subsets) spread.values.push_back(measure(subset));
    const auto count = static_cast<Index>(spread.values.size());
    const Estimate mean = mean_estimate(Eigen::Map<const Vec<double>>(spread.values.data(), count));
    spread.mean = mean.value;
    spread.sd = std::sqrt(static_cast<double>(count)) * mean.standard_error;
    return spread;
}

}  // namespace dualtape::curvature
