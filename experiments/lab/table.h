#pragma once
// Tables of a run folder as TSV: one header line, tabs, LF, shortest round-trip numbers, `nan`,
// `inf` and `-inf` in words. An empty cell means "not measured" and reads as nan.

#include <concepts>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/lab/files.h"

namespace dualtape::lab {

// The shortest text that reads back as exactly this number.
std::string format_number(double value);
std::string format_number(float value);

// One cell on its way into a table, made from a number or a text.
struct Cell {
    std::string text;

    Cell() = default;  // not measured
    Cell(double value) : text(format_number(value)) {}
    Cell(float value) : text(format_number(value)) {}
    template <std::integral Integer>
    Cell(Integer value) : text(std::to_string(value)) {}
    Cell(bool value) : text(value ? "1" : "0") {}
    Cell(std::string value) : text(std::move(value)) {}
    Cell(std::string_view value) : text(value) {}
    Cell(const char* value) : text(value) {}
};

// Writes a table row by row. A row reaches the operating system in one write when it is complete,
// so a killed run leaves at most one partial last row, which read_table and append mode drop.
//   TableWriter metrics(folder / "metrics.tsv", {"step", "train_loss"});
//   metrics.add_row({step, loss});
//   metrics.close();
class TableWriter {
  public:
    enum class Mode {
        create,  // replaces an existing file
        append   // continues a file with the same columns, or creates it; drops a partial row
    };

    TableWriter(std::filesystem::path path, std::vector<std::string> columns,
                Mode mode = Mode::create);

    // Tabs, line breaks and other control characters of a text are written as \t, \n, ...
    // Throws std::invalid_argument if the number of cells is not the number of columns; InputError
    // of kind run if the row cannot be written.
    void add_row(std::initializer_list<Cell> cells);
    void add_row(std::span<const Cell> cells);

    // Returns once the rows are on disk, or throws InputError; the destructor closes silently.
    void close() { file_.close(); }

    const std::filesystem::path& path() const { return file_.path(); }
    const std::vector<std::string>& columns() const { return columns_; }

  private:
    std::vector<std::string> columns_;
    std::string line_;
    AppendFile file_;
};

// A table in memory, its cells as texts.
struct Table {
    std::filesystem::path path;
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;
    bool lost_partial_row = false;  // the last line had no end and was dropped

    std::size_t num_rows() const { return rows.size(); }
    bool has_column(std::string_view name) const;

    // These throw InputError with file, line and column: no such column, or not a number.
    std::size_t column(std::string_view name) const;
    std::vector<double> numbers(std::string_view name) const;
    std::vector<std::string> texts(std::string_view name) const;
};

// Throws InputError with file and line for anything but a rectangular table; only a last line
// without its line break, the trace of a killed run, is dropped.
Table read_table(const std::filesystem::path& path);

}  // namespace dualtape::lab
