#include "experiments/reports/run_tables.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "experiments/analysis/statistics.h"
#include "experiments/lab/errors.h"
#include "experiments/lab/files.h"

namespace dualtape::reports {

namespace {

std::vector<std::int64_t> integers_of(const lab::Table& table, const char* column) {
    std::vector<std::int64_t> values;
    for (const double x : table.numbers(column)) values.push_back(static_cast<std::int64_t>(x));
    return values;
}

std::vector<std::int64_t> distinct(const std::vector<std::int64_t>& values) {
    std::vector<std::int64_t> found;
    for (const std::int64_t value : values) {
        if (std::find(found.begin(), found.end(), value) == found.end()) found.push_back(value);
    }
    return found;
}

}  // namespace

RunSettings::RunSettings(const std::filesystem::path& folder)
    : document_(lab::toml::parse(lab::read_file(folder / "config.toml"),
                                 (folder / "config.toml").string())) {}

const lab::toml::Value& RunSettings::value(std::string_view section, std::string_view key) const {
    if (const lab::toml::Entry* entry = document_.find(section, key)) return entry->value;
    throw lab::InputError(
        "config.toml", "has no key \"" + std::string(key) + "\" in [" + std::string(section) + "]",
        "another program or version wrote this folder");
}

std::string RunSettings::text(std::string_view section, std::string_view key) const {
    return value(section, key).text;
}

double RunSettings::number(std::string_view section, std::string_view key) const {
    double number = 0;
    if (lab::toml::read_real(value(section, key).text, number)) return number;
    throw lab::InputError("config.toml", std::string(key) + " is not a number",
                          "another program or version wrote this folder");
}

std::vector<std::int64_t> RunSettings::integers(std::string_view section,
                                                std::string_view key) const {
    std::vector<std::int64_t> all;
    for (const lab::toml::Value& item : value(section, key).items) {
        std::int64_t number = 0;
        if (lab::toml::read_integer(item.text, number)) all.push_back(number);
    }
    return all;
}

SeedTable::SeedTable(const std::filesystem::path& path)
    : table_(lab::read_table(path)),
      row_depth_(integers_of(table_, "depth")),
      row_seed_(integers_of(table_, "seed")),
      depths_(distinct(row_depth_)),
      seeds_(distinct(row_seed_)) {}

std::vector<std::size_t> SeedTable::rows(std::int64_t depth, std::int64_t seed) const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < row_depth_.size(); ++i) {
        if (row_depth_[i] == depth && row_seed_[i] == seed) found.push_back(i);
    }
    return found;
}

std::vector<double> SeedTable::numbers(std::string_view column, std::int64_t depth,
                                       std::int64_t seed) const {
    const std::vector<double> all = table_.numbers(column);
    std::vector<double> some;
    for (const std::size_t row : rows(depth, seed)) some.push_back(all[row]);
    return some;
}

std::vector<std::string> SeedTable::texts(std::string_view column, std::int64_t depth,
                                          std::int64_t seed) const {
    const std::vector<std::string> all = table_.texts(column);
    std::vector<std::string> some;
    for (const std::size_t row : rows(depth, seed)) some.push_back(all[row]);
    return some;
}

std::vector<std::vector<double>> SeedTable::over_seeds(std::string_view column,
                                                       std::int64_t depth) const {
    std::vector<std::vector<double>> curves;
    for (const std::int64_t seed : seeds_) {
        std::vector<double> curve = numbers(column, depth, seed);
        if (!curve.empty()) curves.push_back(std::move(curve));
    }
    std::size_t shortest = curves.empty() ? 0 : curves[0].size();
    for (const auto& curve : curves) shortest = std::min(shortest, curve.size());
    for (auto& curve : curves) curve.resize(shortest);
    return curves;
}

std::vector<double> SeedTable::first(std::string_view column, std::int64_t depth) const {
    std::vector<double> values;
    for (const std::int64_t seed : seeds_) {
        const std::vector<double> curve = numbers(column, depth, seed);
        if (!curve.empty()) values.push_back(curve.front());
    }
    return values;
}

std::vector<double> SeedTable::last(std::string_view column, std::int64_t depth) const {
    std::vector<double> values;
    for (const std::int64_t seed : seeds_) {
        const std::vector<double> curve = numbers(column, depth, seed);
        if (!curve.empty()) values.push_back(curve.back());
    }
    return values;
}

std::string readable(double value) {
    if (std::isnan(value)) return "–";
    if (std::isinf(value)) return value > 0 ? "censored" : "-inf";
    char text[32];
    const bool is_count = value == std::floor(value) && std::abs(value) < 1e5;
    std::snprintf(text, sizeof text, is_count ? "%.0f" : "%.4g", value);
    return text;
}

std::string readable_median(const std::vector<double>& values) {
    const std::string middle = readable(analysis::median(values));
    if (values.size() < 2) return middle;
    const analysis::Interval interval = analysis::median_interval(values, 0);
    if (std::isnan(interval.low)) return middle;
    return middle + " (" + readable(interval.low) + " to " + readable(interval.high) + ")";
}

}  // namespace dualtape::reports
