#include "engine/curvature/index_set.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace dualtape::curvature {

IndexSet index_range(Index first, Index count) {
    if (first < 0 || count < 1) {
        throw std::invalid_argument("index range: first " + std::to_string(first) + ", count " +
                                    std::to_string(count) + "; use 0 or more, and 1 or more");
    }
    IndexSet indices(static_cast<std::size_t>(count));
    std::iota(indices.begin(), indices.end(), first);
    return indices;
}

IndexSet join(const std::vector<IndexSet>& sets) {
    IndexSet all;
    for (const IndexSet& set : sets) all.insert(all.end(), set.begin(), set.end());
    std::sort(all.begin(), all.end());
    const auto repeated = std::adjacent_find(all.begin(), all.end());
    if (repeated != all.end()) {
        throw std::invalid_argument("join: index " + std::to_string(*repeated) +
                                    " is in two of the index sets; they must be disjoint");
    }
    return all;
}

void check_indices(const IndexSet& indices, Index rows, const std::string& what) {
    if (indices.empty()) throw std::invalid_argument(what + ": the index set is empty");
    const auto refuse = [&](Index index, const std::string& rule) {
        throw std::invalid_argument(what + ": index " + std::to_string(index) + rule);
    };
    for (std::size_t i = 0; i < indices.size(); ++i) {
        if (indices[i] < 0 || indices[i] >= rows) {
            refuse(indices[i], " is not within 0 .. " + std::to_string(rows - 1));
        }
        if (i == 0 || indices[i] > indices[i - 1]) continue;
        if (indices[i] == indices[i - 1]) refuse(indices[i], " is repeated");
        refuse(indices[i], " follows " + std::to_string(indices[i - 1]) + "; sort the index set");
    }
}

}  // namespace dualtape::curvature
