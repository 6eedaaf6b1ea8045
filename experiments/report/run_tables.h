#pragma once
// The tables and settings of a finished run, as figures and reports read them.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "experiments/lab/options.h"
#include "experiments/lab/table.h"
#include "experiments/lab/toml.h"

namespace dualtape::report {

// config.toml of a run folder. Throws InputError when a key is missing.
class RunSettings {
  public:
    explicit RunSettings(const std::filesystem::path& folder);
    std::string text(std::string_view section, std::string_view key) const;
    double number(std::string_view section, std::string_view key) const;

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
    bool has_column(std::string_view column) const { return table_.has_column(column); }
    std::vector<double> numbers(std::string_view column, std::int64_t depth,
                                std::int64_t seed) const;
    std::vector<std::string> texts(std::string_view column, std::int64_t depth,
                                   std::int64_t seed) const;
    // One list per seed, cut to the shortest: a diverged training ends early.
    std::vector<std::vector<double>> over_seeds(std::string_view column, std::int64_t depth) const;
    // The first number of each seed that has one.
    std::vector<double> first(std::string_view column, std::int64_t depth) const;
    // The numbers of the seeds that have a row of exactly this step.
    std::vector<double> at_step(std::string_view column, std::int64_t depth, double step) const;

  private:
    std::vector<std::size_t> rows(std::int64_t depth, std::int64_t seed) const;

    lab::Table table_;
    std::vector<std::int64_t> row_depth_, row_seed_;
    std::vector<std::int64_t> depths_, seeds_;
};

// A word of the settings as people write it: "two one-hots", "AdamW", "(a + b)"; others stay.
std::string in_words(const std::string& word);

// Four significant digits, as texts for people: 0.9873, 1.18e+04, 1180; a dash for NaN.
std::string readable(double value);
// A finite number with two significant digits, for titles and shares.
std::string readable_short(double value);
// "0.98 ± 0.02", both as readable(); a dash for NaN.
std::string with_error(double value, double error);

// "a", "a and b", "a, b and c".
std::string listing(const std::vector<std::string>& items);
// "depth 2", "depths 1, 2 and 3".
std::string depth_listing(const std::vector<std::int64_t>& depths);

// "depth 1: 0.03; depth 2: 0.04", with the text of each depth.
std::string per_depth(const std::vector<std::int64_t>& depths,
                      const std::function<std::string(std::int64_t)>& text);

// Settings that differ from those of `base`: key, "value (recipe quick: ...)". of_what: "recipe
// quick", "default".
std::vector<std::pair<std::string, std::string>> changed_settings(const lab::Options& settings,
                                                                  const lab::Options& base,
                                                                  const std::string& of_what);

// This build and machine, for the end of a report.
std::vector<std::pair<std::string, std::string>> build_environment();

}  // namespace dualtape::report
