#include "experiments/report/snapshot_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "experiments/lab/toml.h"

namespace dualtape::report {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// The place of a value in a list that grows by new ones.
std::size_t place_of(std::vector<std::string>& known, const std::string& value) {
    const auto found = std::find(known.begin(), known.end(), value);
    if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
    known.push_back(value);
    return known.size() - 1;
}

}  // namespace

SnapshotTable::SnapshotTable(const std::filesystem::path& path) {
    if (!std::filesystem::exists(path)) return;
    table_ = lab::read_table(path);
    step_ = table_.numbers("step");
    const std::size_t labels = table_.column("step");
    std::vector<std::string> known;  // trainings, by all their labels
    for (std::size_t row = 0; row < table_.num_rows(); ++row) {
        std::string name, stem, all;
        for (std::size_t i = 0; i < labels; ++i) {
            const std::string &column = table_.columns[i], &value = table_.rows[row][i];
            all += value + "\t";
            if (column == "seed") continue;
            name += (name.empty() ? "" : ", ") + column + " " + value;
            stem += (stem.empty() ? "" : "-") + column + value;
        }
        const std::size_t family = place_of(families_, name);
        if (family == stems_.size()) stems_.push_back(stem);
        const std::size_t training = place_of(known, all);
        if (training == trainings_.size()) trainings_.push_back({family, step_[row]});
        trainings_[training].last_step = std::max(trainings_[training].last_step, step_[row]);
        training_of_.push_back(training);
    }
    // Columns that hold numbers alone, so that rows are looked up without reading them again.
    for (std::size_t i = labels; i < table_.columns.size(); ++i) {
        std::vector<double> values;
        for (const std::vector<std::string>& row : table_.rows) {
            double value = kNan;
            if (!row[i].empty() && !lab::toml::read_real(row[i], value)) break;
            values.push_back(value);
        }
        if (values.size() == table_.num_rows()) numbers_[table_.columns[i]] = std::move(values);
    }
}

std::string SnapshotTable::stem(std::size_t family) const { return stems_[family]; }

std::size_t SnapshotTable::num_seeds(std::size_t family) const {
    return static_cast<std::size_t>(
        std::count_if(trainings_.begin(), trainings_.end(),
                      [&](const Training& training) { return training.family == family; }));
}

std::vector<std::string> SnapshotTable::distinct(const char* column) const {
    std::vector<std::string> found;
    if (is_empty()) return found;
    const std::size_t at = table_.column(column);
    for (const std::vector<std::string>& row : table_.rows) place_of(found, row[at]);
    return found;
}

std::vector<double> SnapshotTable::steps(std::size_t family) const {
    std::map<double, std::map<std::size_t, bool>> seeds;
    for (std::size_t row = 0; row < step_.size(); ++row) {
        if (trainings_[training_of_[row]].family == family) {
            seeds[step_[row]][training_of_[row]] = true;
        }
    }
    std::vector<double> shared;
    for (const auto& [step, having] : seeds) {
        if (having.size() == num_seeds(family)) shared.push_back(step);
    }
    return shared;
}

std::vector<std::size_t> SnapshotTable::rows(std::size_t family, Where where) const {
    std::vector<std::pair<std::size_t, const std::string*>> wanted;  // column and text
    for (const Cell& cell : where) wanted.emplace_back(table_.column(cell.column), &cell.text);
    std::vector<std::size_t> found;
    for (std::size_t row = 0; row < step_.size(); ++row) {
        const bool fits = trainings_[training_of_[row]].family == family &&
                          std::all_of(wanted.begin(), wanted.end(), [&](const auto& cell) {
                              return table_.rows[row][cell.first] == *cell.second;
                          });
        if (fits) found.push_back(row);
    }
    return found;
}

std::vector<std::size_t> SnapshotTable::last_rows(std::size_t family, Where where) const {
    std::vector<std::size_t> found = rows(family, where);
    std::erase_if(found, [&](std::size_t row) {
        return step_[row] != trainings_[training_of_[row]].last_step;
    });
    return found;
}

double SnapshotTable::number(std::size_t row, const std::string& column) const {
    const auto found = numbers_.find(column);
    // The table says what is wrong with a column that is missing or holds texts.
    return found != numbers_.end() ? found->second[row] : table_.numbers(column)[row];
}

const std::string& SnapshotTable::text(std::size_t row, const std::string& column) const {
    return table_.rows[row][table_.column(column)];
}

std::vector<double> SnapshotTable::numbers(const std::vector<std::size_t>& rows,
                                           const std::string& column) const {
    std::vector<double> values;
    for (const std::size_t row : rows) {
        const double value = number(row, column);
        if (!std::isnan(value)) values.push_back(value);
    }
    return values;
}

statistics::Band SnapshotTable::band(const std::string& column, std::size_t family, Where where,
                                     const char* by, const std::vector<std::string>& texts) const {
    const std::vector<std::size_t> found = last_rows(family, where);
    const bool has_interval = table_.has_column(column + "_low");
    std::map<std::size_t, std::vector<double>> middle, low, high;  // by training
    for (const std::size_t row : found) {
        const auto at = std::find(texts.begin(), texts.end(), text(row, by)) - texts.begin();
        if (at == std::ssize(texts)) continue;
        const auto set = [&](auto& curves, const std::string& of) {
            auto& curve = curves[training_of_[row]];
            curve.resize(texts.size(), kNan);
            curve[static_cast<std::size_t>(at)] = number(row, of);
        };
        set(middle, column);
        set(low, has_interval ? column + "_low" : column);
        set(high, has_interval ? column + "_high" : column);
    }
    if (middle.empty()) {
        const std::vector<double> none(texts.size(), kNan);
        return {none, none, none};
    }
    if (num_seeds(family) == 1) {
        return {middle.begin()->second, low.begin()->second, high.begin()->second};
    }
    std::vector<std::vector<double>> curves;
    for (auto& [training, curve] : middle) curves.push_back(std::move(curve));
    return statistics::median_band(curves);
}

}  // namespace dualtape::report
