#include "experiments/report/table_slice.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>

namespace dualtape::report {

namespace {

double number(const std::string& cell) {
    return cell.empty() ? std::numeric_limits<double>::quiet_NaN()
                        : std::strtod(cell.c_str(), nullptr);
}

}  // namespace

TableSlice::TableSlice(const std::filesystem::path& path) {
    auto table = std::make_shared<lab::Table>();
    if (std::filesystem::exists(path)) *table = lab::read_table(path);
    table_ = table;
    for (std::size_t row = 0; row < table->num_rows(); ++row) rows_.push_back(row);
}

TableSlice TableSlice::where(const char* column, const std::string& text) const {
    TableSlice slice = *this;
    if (is_empty()) return slice;
    const std::size_t place = table_->column(column);
    std::erase_if(slice.rows_, [&](std::size_t row) { return table_->rows[row][place] != text; });
    return slice;
}

TableSlice TableSlice::at_last_step() const {
    if (is_empty()) return *this;
    const std::vector<double> steps = numbers("step");
    const auto last = std::max_element(steps.begin(), steps.end()) - steps.begin();
    return where("step", texts("step")[static_cast<std::size_t>(last)]);
}

std::vector<TableSlice> TableSlice::trainings() const {
    std::vector<TableSlice> slices;
    std::map<std::string, std::size_t> places;
    for (const std::size_t row : rows_) {
        TableSlice single = *this;
        single.rows_ = {row};
        const auto [place, is_new] = places.emplace(single.training(), slices.size());
        if (is_new) {
            slices.push_back(std::move(single));
        } else {
            slices[place->second].rows_.push_back(row);
        }
    }
    return slices;
}

std::vector<std::string> TableSlice::texts(const char* column) const {
    std::vector<std::string> cells;
    if (is_empty()) return cells;
    const std::size_t place = table_->column(column);
    for (const std::size_t row : rows_) cells.push_back(table_->rows[row][place]);
    return cells;
}

std::vector<double> TableSlice::numbers(const char* column) const {
    std::vector<double> values;
    for (const std::string& cell : texts(column)) values.push_back(number(cell));
    return values;
}

std::string TableSlice::first_text(const char* column) const {
    return is_empty() ? "" : table_->rows[rows_[0]][table_->column(column)];
}

double TableSlice::first_number(const char* column) const { return number(first_text(column)); }

std::string TableSlice::training() const { return labels(true); }
std::string TableSlice::network() const { return labels(false); }

std::string TableSlice::labels(bool has_seed) const {
    std::string text;
    if (is_empty()) return text;
    const std::size_t step = table_->column("step");
    for (std::size_t i = 0; i < step; ++i) {
        const std::string& column = table_->columns[i];
        if (column == "seed" && !has_seed) continue;
        text += (text.empty() ? "" : ", ") + column + " " + table_->rows[rows_[0]][i];
    }
    return text;
}

std::vector<std::string> distinct(const std::vector<std::string>& texts) {
    std::vector<std::string> different;
    for (const std::string& text : texts) {
        if (std::find(different.begin(), different.end(), text) == different.end()) {
            different.push_back(text);
        }
    }
    return different;
}

}  // namespace dualtape::report
