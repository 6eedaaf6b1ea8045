#include "experiments/lab/table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

#include "experiments/lab/errors.h"
#include "experiments/lab/printable.h"
#include "experiments/lab/shell_word.h"
#include "experiments/lab/suggest.h"

namespace dualtape::lab {
namespace {

template <class Number>
std::string shortest(Number value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    char digits[40];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    return {digits, end};
}

// False unless the whole cell is one number. An empty cell is nan.
bool parse_number(std::string_view cell, double& value) {
    if (cell.empty()) {
        value = std::numeric_limits<double>::quiet_NaN();
        return true;
    }
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    return error == std::errc() && end == cell.data() + cell.size();
}

std::string joined(const std::vector<std::string>& cells) { return join(cells, "\t") + "\n"; }

std::vector<std::string> split(std::string_view line) {
    std::vector<std::string> cells;
    for (;;) {
        const std::size_t tab = line.find('\t');
        cells.emplace_back(line.substr(0, tab));
        if (tab == line.npos) return cells;
        line.remove_prefix(tab + 1);
    }
}

std::vector<std::string> checked(std::vector<std::string> columns,
                                 const std::filesystem::path& path) {
    std::set<std::string> seen;
    for (std::string& column : columns) {
        column = printable(column);
        if (column.empty() || !seen.insert(column).second)
            throw std::invalid_argument(path.string() + ": column name \"" + column +
                                        "\" is empty or there twice");
    }
    if (columns.empty()) throw std::invalid_argument(path.string() + ": a table needs a column");
    return columns;
}

std::string place(const std::filesystem::path& path, std::size_t line) {
    return path.string() + ":" + std::to_string(line);
}

// In append mode: checks the header and drops a partial row, so that the next one starts a line.
// A file killed before its header was complete counts as missing. True if a header is there.
bool prepare_append(const std::filesystem::path& path, const std::vector<std::string>& columns) {
    if (!std::filesystem::exists(path)) return false;
    const std::string text = read_file(path);
    const std::size_t last_break = text.rfind('\n');
    const std::size_t complete = last_break == text.npos ? 0 : last_break + 1;
    const std::string header = joined(columns);
    if (complete != 0 && text.compare(0, text.find('\n') + 1, header) != 0)
        throw InputError(place(path, 1),
                         "the columns are \"" + text.substr(0, text.find('\n')) +
                             "\", expected \"" + header.substr(0, header.size() - 1) + "\"",
                         "another version wrote this table; start the run anew with --force");
    if (complete != text.size()) std::filesystem::resize_file(path, complete);
    return complete != 0;
}

}  // namespace

std::string format_number(double value) { return shortest(value); }
std::string format_number(float value) { return shortest(value); }

TableWriter::TableWriter(std::filesystem::path path, std::vector<std::string> columns, Mode mode)
    : columns_(checked(std::move(columns), path)), file_([&] {
          const bool continues = mode == Mode::append && prepare_append(path, columns_);
          AppendFile file(path, continues ? AppendFile::Mode::keep : AppendFile::Mode::truncate);
          if (!continues) file.append(joined(columns_));
          return file;
      }()) {}

void TableWriter::add_row(std::initializer_list<Cell> cells) {
    add_row(std::span(cells.begin(), cells.size()));
}

void TableWriter::add_row(std::span<const Cell> cells) {
    if (cells.size() != columns_.size())
        throw std::invalid_argument(path().string() + ": a row of " + std::to_string(cells.size()) +
                                    " cells for " + std::to_string(columns_.size()) + " columns");
    line_.clear();
    for (const Cell& cell : cells) line_ += printable(cell.text) + '\t';
    line_.back() = '\n';
    file_.append(line_);
}

bool Table::has_column(std::string_view name) const {
    return std::find(columns.begin(), columns.end(), name) != columns.end();
}

std::size_t Table::column(std::string_view name) const {
    const auto found = std::find(columns.begin(), columns.end(), name);
    if (found == columns.end()) {
        const std::string near = nearest_word(name, columns);
        throw InputError(
            place(path, 1), "no column \"" + std::string(name) + "\"",
            near.empty() ? "the columns are " + join(columns) : "did you mean \"" + near + "\"?");
    }
    return static_cast<std::size_t>(found - columns.begin());
}

std::vector<double> Table::numbers(std::string_view name) const {
    const std::size_t at = column(name);
    std::vector<double> values(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (!parse_number(rows[row][at], values[row]))
            throw InputError(place(path, row + 2),
                             "column \"" + std::string(name) + "\" holds \"" + rows[row][at] +
                                 "\" where a number should be",
                             "numbers have a decimal point and no spaces; nan and inf are words");
    }
    return values;
}

std::vector<std::string> Table::texts(std::string_view name) const {
    const std::size_t at = column(name);
    std::vector<std::string> values;
    for (const auto& row : rows) values.push_back(row[at]);
    return values;
}

Table read_table(const std::filesystem::path& path) {
    const std::string text = read_file(path);
    Table table;
    table.path = path;
    std::size_t line_number = 0;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        if (end == rest.npos) break;
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        ++line_number;
        if (line.ends_with('\r'))
            throw InputError(place(path, line_number), "the line ends in CR LF, expected LF",
                             "convert the file with: dos2unix " + shell_word(path.string()));
        std::vector<std::string> cells = split(line);
        if (line_number == 1) {
            std::set<std::string> seen;
            for (const std::string& name : cells)
                if (name.empty() || !seen.insert(name).second)
                    throw InputError(place(path, 1),
                                     name.empty() ? "a column has no name"
                                                  : "two columns are named \"" + name + "\"",
                                     "the first line names each column once, separated by tabs");
            table.columns = std::move(cells);
        } else if (cells.size() != table.columns.size()) {
            throw InputError(place(path, line_number),
                             std::to_string(cells.size()) + " cells, but the header has " +
                                 std::to_string(table.columns.size()) + " columns",
                             "cells are separated by one tab each; the line may have been edited");
        } else {
            table.rows.push_back(std::move(cells));
        }
    }
    if (line_number == 0)
        throw InputError(path.string(), "no complete header line",
                         "the file is empty or cut off; the run that wrote it has to be repeated");
    table.lost_partial_row = !rest.empty();
    return table;
}

}  // namespace dualtape::lab
