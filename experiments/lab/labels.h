#pragma once
// Labels: what tells the rows of one training, or of one operator, from those of others.

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "experiments/lab/table.h"

namespace dualtape::lab {

// Column and value, in front of every row of a table: {{"depth", "2"}, {"seed", "0"}}.
using Labels = std::vector<std::pair<std::string, std::string>>;

// The labels' columns, and after them the others.
template <class Names>
std::vector<std::string> labelled_columns(const Labels& labels, const Names& others) {
    std::vector<std::string> columns;
    for (const auto& [column, value] : labels) columns.push_back(column);
    columns.insert(columns.end(), std::begin(others), std::end(others));
    return columns;
}

// The labels' values, and after them the other cells.
inline std::vector<Cell> labelled_row(const Labels& labels, std::initializer_list<Cell> others) {
    std::vector<Cell> row;
    for (const auto& [column, value] : labels) row.emplace_back(value);
    row.insert(row.end(), others);
    return row;
}

}  // namespace dualtape::lab
