#pragma once
// A table of circuit analyses as figures read it: families of trainings that differ in their seed
// alone, at their checkpoints.

#include <filesystem>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "experiments/lab/table.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::report {

// Columns in front of `step` label the training; `seed` is one of them, or there is one seed.
class SnapshotTable {
  public:
    explicit SnapshotTable(const std::filesystem::path& path);  // no file: no rows

    // A condition on a row: the cell of this column is this text.
    struct Cell {
        const char* column;
        std::string text;
    };
    using Where = std::initializer_list<Cell>;

    bool is_empty() const { return table_.rows.empty(); }
    // In the order of the table; names such as "width 16", "" where nothing but the seed differs.
    const std::vector<std::string>& families() const { return families_; }
    std::string stem(std::size_t family) const;  // "width16", for names of files
    std::size_t num_seeds(std::size_t family) const;
    std::vector<std::string> distinct(const char* column) const;  // in the order of the table
    std::vector<double> steps(std::size_t family) const;          // that all its seeds have

    // Rows of a family at the last step of their training, or at any step, in order.
    std::vector<std::size_t> last_rows(std::size_t family, Where where) const;
    std::vector<std::size_t> rows(std::size_t family, Where where) const;
    double number(std::size_t row, const std::string& column) const;
    const std::string& text(std::size_t row, const std::string& column) const;
    double step(std::size_t row) const { return step_[row]; }
    // The numbers of a column in these rows, without those that were not measured.
    std::vector<double> numbers(const std::vector<std::size_t>& rows,
                                const std::string& column) const;

    // The median over the seeds at the last step and its 95 % interval, each where `by` has one of
    // these texts; of one seed the value, with the interval of COLUMN_low and COLUMN_high where
    // there are such columns. NaN: not measured for all seeds.
    statistics::Band band(const std::string& column, std::size_t family, Where where,
                          const char* by, const std::vector<std::string>& texts) const;

  private:
    struct Training {
        std::size_t family = 0;
        double last_step = 0;
    };

    lab::Table table_;
    std::vector<std::string> families_, stems_;
    std::vector<Training> trainings_;
    std::vector<std::size_t> training_of_;  // by row
    std::vector<double> step_;              // by row
    std::map<std::string, std::vector<double>> numbers_;
};

}  // namespace dualtape::report
