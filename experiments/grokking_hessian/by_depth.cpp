#include "experiments/grokking_hessian/by_depth.h"

#include <algorithm>
#include <cmath>

#include "experiments/statistics/statistics.h"

namespace dualtape::grokking_hessian {

namespace {

namespace fs = std::filesystem;
using lab::Cell;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr const char* kTimes[] = {"t_mem", "t_gen", "t_grok", "delay", "delay_ratio"};
constexpr const char* kValues[] = {"train_loss",         "test_loss",          "train_accuracy",
                                   "test_accuracy",      "best_test_accuracy", "generalisation_gap",
                                   "lambda_max_initial", "lambda_max_at_1000", "lambda_max_final",
                                   "lambda_max_grok",    "step_of_grok",       "lambda_max_peak",
                                   "step_of_peak"};
constexpr const char* kClasses[] = {"grokked", "immediate", "memorised", "not fitted"};

// The times of all seeds. Without t_mem there is no delay to be measured, however long the
// training goes on: it counts as longer than all others.
std::vector<statistics::EventTime> event_times(const report::SeedTable& summary,
                                               const std::string& quantity, std::int64_t depth) {
    const std::vector<double> values = summary.first(quantity, depth);
    const std::vector<double> ends = summary.first("censored_at", depth);
    const std::vector<double> memorised = summary.first("t_mem", depth);
    std::vector<statistics::EventTime> times;
    for (std::size_t i = 0; i < values.size(); ++i) {
        double followed = ends[i];
        if (quantity == "delay") followed -= memorised[i];
        if (quantity == "delay_ratio") followed /= memorised[i];
        if (std::isnan(followed)) followed = kInfinity;
        const bool is_censored = std::isnan(values[i]);
        times.push_back({is_censored ? followed : values[i], is_censored});
    }
    return times;
}

}  // namespace

void write_by_depth(const fs::path& folder, const report::SeedTable& summary) {
    lab::TableWriter table(folder / "by_depth.tsv",
                           {"depth", "quantity", "seeds", "censored", "median", "low", "high"});
    const auto shown = [](double x) { return std::isnan(x) ? Cell() : Cell(x); };
    const auto add_row = [&](std::int64_t depth, const char* quantity,
                             const report::Estimate& estimate) {
        const bool has_interval = estimate.seeds > 1;
        table.add_row({depth, quantity, estimate.seeds,
                       estimate.is_time ? Cell(estimate.censored) : Cell(), shown(estimate.median),
                       has_interval ? shown(estimate.low) : Cell(),
                       has_interval ? shown(estimate.high) : Cell()});
    };
    for (const std::int64_t depth : summary.depths()) {
        for (const char* time : kTimes) {
            add_row(depth, time, report::estimate_time(event_times(summary, time, depth)));
        }
        for (const char* value : kValues) {
            add_row(depth, value, report::estimate_value(summary.first(value, depth)));
        }
    }
    table.close();
}

void write_classes(const fs::path& folder, const report::SeedTable& summary) {
    lab::TableWriter table(folder / "classes.tsv",
                           {"depth", "class", "count", "seeds", "share", "low", "high"});
    for (const std::int64_t depth : summary.depths()) {
        std::vector<std::string> classes;
        for (const std::int64_t seed : summary.seeds()) {
            for (std::string& of : summary.texts("class", depth, seed)) {
                classes.push_back(std::move(of));
            }
        }
        const auto seeds = static_cast<Index>(classes.size());
        for (const char* of : kClasses) {
            const Index count = std::count(classes.begin(), classes.end(), of);
            const statistics::Interval interval = statistics::proportion_interval(count, seeds);
            table.add_row({depth, of, count, seeds,
                           static_cast<double>(count) / static_cast<double>(seeds),
                           seeds > 1 ? Cell(interval.low) : Cell(),
                           seeds > 1 ? Cell(interval.high) : Cell()});
        }
    }
    table.close();
}

ByDepth::ByDepth(const fs::path& folder) : classes_(lab::read_table(folder / "classes.tsv")) {
    const lab::Table table = lab::read_table(folder / "by_depth.tsv");
    const auto depths = table.numbers("depth"), seeds = table.numbers("seeds");
    const auto censored = table.numbers("censored"), median = table.numbers("median");
    const auto low = table.numbers("low"), high = table.numbers("high");
    const auto quantities = table.texts("quantity");
    for (std::size_t i = 0; i < table.num_rows(); ++i) {
        keys_.emplace_back(static_cast<std::int64_t>(depths[i]), quantities[i]);
        const bool is_time = !std::isnan(censored[i]);
        estimates_.push_back(
            {seeds[i], is_time ? censored[i] : 0, is_time, median[i], low[i], high[i]});
    }
}

report::Estimate ByDepth::estimate(std::string_view quantity, std::int64_t depth) const {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        if (keys_[i].first == depth && keys_[i].second == quantity) return estimates_[i];
    }
    return {};
}

std::vector<report::Estimate> ByDepth::estimates(std::string_view quantity,
                                                 const std::vector<std::int64_t>& depths) const {
    std::vector<report::Estimate> all;
    for (const std::int64_t depth : depths) all.push_back(estimate(quantity, depth));
    return all;
}

bool ByDepth::is_reached(std::string_view time, std::int64_t depth) const {
    return std::isfinite(median(time, depth));
}

bool ByDepth::groks(std::int64_t depth) const {
    const auto depths = classes_.numbers("depth"), shares = classes_.numbers("share");
    const auto names = classes_.texts("class");
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (depths[i] == static_cast<double>(depth) && names[i] == "grokked") {
            return shares[i] > 0.5;
        }
    }
    return false;
}

std::string ByDepth::text(std::string_view quantity, std::int64_t depth) const {
    return report::text_of(estimate(quantity, depth));
}

std::string ByDepth::classes(std::int64_t depth) const {
    const auto depths = classes_.numbers("depth"), counts = classes_.numbers("count");
    const auto seeds = classes_.numbers("seeds");
    const auto low = classes_.numbers("low"), high = classes_.numbers("high");
    const auto names = classes_.texts("class");
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (depths[i] != static_cast<double>(depth)) continue;
        // That none grokked has an interval as well.
        if (counts[i] == 0 && (names[i] != "grokked" || seeds[i] < 2)) continue;
        text += (text.empty() ? "" : ", ") + names[i];
        if (seeds[i] < 2) continue;
        text += " " + report::readable(counts[i]) + " of " + report::readable(seeds[i]) + " (" +
                report::readable_short(low[i]) + " to " + report::readable_short(high[i]) + ")";
    }
    return text;
}

}  // namespace dualtape::grokking_hessian
