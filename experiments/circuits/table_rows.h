#pragma once
// Rows of one table that reach its file together, once all of them are known.

#include <filesystem>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "experiments/lab/labels.h"
#include "experiments/lab/table.h"

namespace dualtape::circuits {

// Columns are named where their cells are made:
//   TableRows rows("fourier_excluded.tsv", snapshot.columns());
//   rows.add({{"frequency", k}, {"excluded_loss", loss}});
//   rows.append_to(folder);
class TableRows {
  public:
    // labels: the first columns of every row.
    TableRows(std::string file, lab::Labels labels)
        : file_(std::move(file)), labels_(std::move(labels)) {}

    // The same columns in the same order in every row.
    void add(std::initializer_list<std::pair<const char*, lab::Cell>> cells) {
        if (columns_.empty()) {
            for (const auto& [column, value] : labels_) columns_.push_back(column);
            for (const auto& [column, cell] : cells) columns_.emplace_back(column);
        }
        std::vector<lab::Cell> row;
        for (const auto& [column, value] : labels_) row.emplace_back(value);
        for (const auto& [column, cell] : cells) row.push_back(cell);
        rows_.push_back(std::move(row));
    }

    // Continues FOLDER/FILE, or creates it; no rows: does nothing. Throws as lab::TableWriter.
    void append_to(const std::filesystem::path& folder) const {
        if (rows_.empty()) return;
        lab::TableWriter table(folder / file_, columns_, lab::TableWriter::Mode::append);
        for (const std::vector<lab::Cell>& row : rows_) table.add_row(row);
        table.close();
    }

  private:
    std::string file_;
    lab::Labels labels_;
    std::vector<std::string> columns_;
    std::vector<std::vector<lab::Cell>> rows_;
};

}  // namespace dualtape::circuits
