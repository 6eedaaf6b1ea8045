#pragma once
// Rows of one table that reach its file together, once all of them are known.

#include <filesystem>
#include <initializer_list>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "experiments/lab/labels.h"
#include "experiments/lab/table.h"

namespace dualtape::lab {

// Removes the tables of an earlier start of a run, which analyses would append to.
void remove_tables(const std::filesystem::path& folder, const std::vector<std::string>& tables);

// A cell of several numbers: "3 17 20".
std::string words_of(const auto& numbers) {
    std::string words;
    for (const auto number : numbers) {
        words += (words.empty() ? "" : " ") + std::to_string(number);
    }
    return words;
}

// Columns are named where the cells are made:
//   TableRows rows("fourier_excluded.tsv", snapshot.columns());
//   rows.add({{"frequency", k}, {"excluded_loss", loss}});
//   rows.append_to(folder);
// or, where several functions make the cells, beforehand:
//   TableRows rows("neurons.tsv", snapshot.columns(), {"unit", "rank"});
//   rows.add({unit, rank});
class TableRows {
  public:
    // labels: the first columns of every row.
    TableRows(std::string file, Labels labels)
        : file_(std::move(file)), labels_(std::move(labels)) {}
    TableRows(std::string file, Labels labels, const std::vector<std::string>& columns)
        : TableRows(std::move(file), std::move(labels)) {
        columns_ = labelled_columns(labels_, columns);
    }

    // The same columns in the same order in every row.
    void add(std::initializer_list<std::pair<const char*, Cell>> named) {
        if (columns_.empty()) {
            columns_ = labelled_columns(labels_, std::vector<std::string>{});
            for (const auto& [column, cell] : named) columns_.emplace_back(column);
        }
        std::vector<Cell> cells;
        for (const auto& [column, cell] : named) cells.push_back(cell);
        add(std::move(cells));
    }
    void add(std::vector<Cell> cells) {
        std::vector<Cell> row = labelled_row(labels_, {});
        row.insert(row.end(), std::make_move_iterator(cells.begin()),
                   std::make_move_iterator(cells.end()));
        rows_.push_back(std::move(row));
    }

    // Continues FOLDER/FILE, or creates it; does nothing when no column is known. Throws as
    // TableWriter.
    void append_to(const std::filesystem::path& folder) const {
        if (columns_.empty()) return;
        TableWriter table(folder / file_, columns_, TableWriter::Mode::append);
        for (const std::vector<Cell>& row : rows_) table.add_row(row);
        table.close();
    }

  private:
    std::string file_;
    Labels labels_;
    std::vector<std::string> columns_;
    std::vector<std::vector<Cell>> rows_;
};

}  // namespace dualtape::lab
