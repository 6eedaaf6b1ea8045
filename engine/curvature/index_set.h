#pragma once
// Index sets: the entries of theta that an operator is restricted to.

#include <string>
#include <vector>

#include "engine/core/types.h"

namespace dualtape::curvature {

// Strictly increasing, hence without repeats.
using IndexSet = std::vector<Index>;

// first, ..., first + count - 1. Throws std::invalid_argument for a negative first or count < 1.
IndexSet index_range(Index first, Index count);

// The union, sorted. Throws std::invalid_argument when two sets share an index.
IndexSet join(const std::vector<IndexSet>& sets);

// Throws std::invalid_argument when the set is empty, not strictly increasing, or not within
// 0 .. rows - 1; the message starts with `what`.
void check_indices(const IndexSet& indices, Index rows, const std::string& what);

}  // namespace dualtape::curvature
