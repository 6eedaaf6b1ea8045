#pragma once
// Offers a known name for a mistyped one.

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dualtape {

// Edits (insert, delete, replace) that turn one word into the other.
inline std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    for (std::size_t j = 0; j <= to.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= from.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

// The known name nearest to `name`, the earlier one of equals; empty when none is within
// `limit` edits or there are no names.
inline std::string nearest_name(std::string_view name, std::span<const std::string> known,
                                std::size_t limit = 2) {
    std::string best;
    std::size_t best_distance = limit + 1;
    for (const std::string& candidate : known) {
        const std::size_t distance = edit_distance(name, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

}  // namespace dualtape
