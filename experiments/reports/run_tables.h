#pragma once
// The tables and settings of a finished run, as figures and reports read them.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/lab/table.h"
#include "experiments/lab/toml.h"

namespace dualtape::reports {

// config.toml of a run folder. Throws InputError when a key is missing.
class RunSettings {
  public:
    explicit RunSettings(const std::filesystem::path& folder);
    std::string text(std::string_view section, std::string_view key) const;
    double number(std::string_view section, std::string_view key) const;
    std::vector<std::int64_t> integers(std::string_view section, std::string_view key) const;

  private:
    const lab::toml::Value& value(std::string_view section, std::string_view key) const;
    lab::toml::Document document_;
};

// A table whose rows belong to depths and seeds, in the order of the file.
class SeedTable {
  public:
    explicit SeedTable(const std::filesystem::path& path);

    const std::vector<std::int64_t>& depths() const { return depths_; }
    const std::vector<std::int64_t>& seeds() const { return seeds_; }
    bool is_empty() const { return depths_.empty(); }
    std::vector<double> numbers(std::string_view column, std::int64_t depth,
                                std::int64_t seed) const;
    std::vector<std::string> texts(std::string_view column, std::int64_t depth,
                                   std::int64_t seed) const;
    // One list per seed, cut to the shortest: a diverged training ends early.
    std::vector<std::vector<double>> over_seeds(std::string_view column, std::int64_t depth) const;
    // First or last number of each seed that has one.
    std::vector<double> first(std::string_view column, std::int64_t depth) const;
    std::vector<double> last(std::string_view column, std::int64_t depth) const;

  private:
    std::vector<std::size_t> rows(std::int64_t depth, std::int64_t seed) const;

    lab::Table table_;
    std::vector<std::int64_t> row_depth_, row_seed_;
    std::vector<std::int64_t> depths_, seeds_;
};

// Four significant digits, as texts for people: 0.9873, 1.18e+04, 1180; "-" for NaN.
std::string readable(double value);
// "12.3 (10.1 to 14.9)": median and interval over seeds; one value alone; infinite medians of
// times are "censored".
std::string readable_median(const std::vector<double>& values);

}  // namespace dualtape::reports
