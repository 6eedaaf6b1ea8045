#pragma once
// Rows of a table that agree in some columns: of one training, at one step, of one part.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "experiments/lab/table.h"

namespace dualtape::report {

class TableSlice {
  public:
    // The whole table; no file: no rows.
    explicit TableSlice(const std::filesystem::path& path);

    // The rows whose cell in this column is this text.
    TableSlice where(const char* column, const std::string& text) const;
    // The rows of the largest step.
    TableSlice at_last_step() const;
    // One slice for every training: rows that share all columns in front of `step`, in the order
    // of the file.
    std::vector<TableSlice> trainings() const;

    bool is_empty() const { return rows_.empty(); }
    std::size_t size() const { return rows_.size(); }
    std::vector<std::string> texts(const char* column) const;
    std::vector<double> numbers(const char* column) const;  // an empty cell is nan
    std::string first_text(const char* column) const;       // "" without rows
    double first_number(const char* column) const;          // nan without rows
    // Of the first row: "width 16, seed 0".
    std::string training() const;
    // The same without the seed: what trainings that are pooled share. "" when there is no other.
    std::string network() const;

  private:
    std::string labels(bool has_seed) const;

    std::shared_ptr<const lab::Table> table_;
    std::vector<std::size_t> rows_;
};

// Different texts, in the order in which they appear.
std::vector<std::string> distinct(const std::vector<std::string>& texts);

}  // namespace dualtape::report
