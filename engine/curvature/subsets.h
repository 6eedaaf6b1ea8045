#pragma once
// Curvature on subsets of the samples: fixed, disjoint or random ones, and the spread between them.
//
// Hand a subset to Batch::select, which keeps the pointer. A solve needs one subset throughout:
// power iteration or Lanczos over changing minibatches has no matrix whose eigenvalues it could
// find. Extreme eigenvalues of subsets are biased outwards: lambda_max is convex, so its mean over
// subsets is at least that of all samples, and the mean lambda_min at most.

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/core/types.h"

namespace dualtape::curvature {

// Sample numbers of the data, ascending unless repeated.
using Subset = std::vector<std::int32_t>;

// `count` of the samples 0 .. samples - 1 without repeats, from the stream (seed, "subset", index).
// Throws std::invalid_argument unless 1 <= count <= samples; so do the others.
Subset random_subset(Index samples, Index count, std::uint64_t seed, std::uint64_t index);

// `repeats` random minibatches, index 0, 1, ...; they may overlap.
std::vector<Subset> random_subsets(Index samples, Index count, Index repeats, std::uint64_t seed);

// `parts` subsets without common samples, as equal in size as they can be, of all samples.
std::vector<Subset> disjoint_subsets(Index samples, Index parts, std::uint64_t seed);

// Every sample `draws` times in a row. Each copy draws its own label in the sampled Fisher, so this
// is its mean over `draws` draws. (With Batch::weights, divide them by `draws`.)
Subset repeat_samples(const Subset& subset, Index draws);

struct SubsetSpread {
    std::vector<double> values;  // one per subset, in order
    double mean = 0;
    double sd = 0;  // between subsets, with n - 1; NaN for a single one
};

// Calls measure(subset) for one subset after the other: e.g. lambda_max of the batch that selects
// it. Throws std::invalid_argument when there is no subset.
SubsetSpread measure_subsets(const std::vector<Subset>& subsets,
                             const std::function<double(const Subset&)>& measure);

}  // namespace dualtape::curvature
