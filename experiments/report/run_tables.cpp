#include "experiments/report/run_tables.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "experiments/lab/errors.h"
#include "experiments/lab/files.h"
#include "experiments/lab/manifest.h"

namespace dualtape::report {

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

std::string printed(const char* format, double value) {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

}  // namespace

RunSettings::RunSettings(const std::filesystem::path& folder)
    : document_(lab::toml::read(folder / "config.toml")) {}

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

std::vector<double> SeedTable::at_step(std::string_view column, std::int64_t depth,
                                       double step) const {
    std::vector<double> found;
    for (const std::int64_t seed : seeds_) {
        const std::vector<double> steps = numbers("step", depth, seed);
        const auto place = std::find(steps.begin(), steps.end(), step) - steps.begin();
        if (place == std::ssize(steps)) continue;
        found.push_back(numbers(column, depth, seed)[static_cast<std::size_t>(place)]);
    }
    return found;
}

std::string in_words(const std::string& word) {
    if (word == "raw") return "two integer inputs";
    if (word == "one_hot") return "two one-hots";
    if (word == "embedding") return "embedded inputs";
    if (word == "adam") return "Adam";
    if (word == "adamw") return "AdamW";
    if (word == "sgd") return "SGD";
    if (word == "add") return "(a + b)";
    return word;
}

std::string readable(double value) {
    if (std::isnan(value)) return "–";
    if (std::isinf(value)) return value > 0 ? "∞" : "-∞";
    const bool is_count = value == std::floor(value) && std::abs(value) < 1e9;
    return printed(is_count ? "%.0f" : "%.4g", value);
}

std::string readable_short(double value) { return printed("%.2g", value); }

std::string with_error(double value, double error) {
    if (std::isnan(value)) return "–";
    return readable(value) + " ± " + readable(error);
}

std::string listing(const std::vector<std::string>& items) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
        text += (i == 0 ? "" : i + 1 == items.size() ? " and " : ", ") + items[i];
    }
    return text;
}

std::string depth_listing(const std::vector<std::int64_t>& depths) {
    std::vector<std::string> items;
    for (const std::int64_t depth : depths) items.push_back(std::to_string(depth));
    return (depths.size() == 1 ? "depth " : "depths ") + listing(items);
}

std::string per_depth(const std::vector<std::int64_t>& depths,
                      const std::function<std::string(std::int64_t)>& text) {
    std::string all;
    for (const std::int64_t depth : depths) {
        all += (all.empty() ? "" : "; ") + ("depth " + std::to_string(depth)) + ": " + text(depth);
    }
    return all;
}

std::vector<std::pair<std::string, std::string>> changed_settings(const lab::Options& settings,
                                                                  const lab::Options& base,
                                                                  const std::string& of_what) {
    std::vector<std::pair<std::string, std::string>> changed;
    for (const lab::Option& option : settings.all()) {
        const lab::Option* before = base.find(option.key());
        if (before == nullptr || before->text_value() == option.text_value()) continue;
        changed.emplace_back(
            option.key(), option.text_value() + " (" + of_what + ": " +
                              (before->text_value().empty() ? "none" : before->text_value()) + ")");
    }
    return changed;
}

std::vector<std::pair<std::string, std::string>> build_environment() {
    const lab::BuildInfo& build = lab::build_info();
    return {{"version", build.version + ", commit " + build.git_hash +
                            (build.is_dirty ? " with changes" : "")},
            {"compiler", build.compiler + ", " + build.flags},
            {"processor", lab::cpu_name()}};
}

}  // namespace dualtape::report
