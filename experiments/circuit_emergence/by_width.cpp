#include "experiments/circuit_emergence/by_width.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "experiments/analyses/probes/scores.h"
#include "experiments/lab/table.h"
#include "experiments/report/run_tables.h"
#include "experiments/statistics/mean_interval.h"

namespace dualtape::circuit_emergence {

namespace {

namespace fs = std::filesystem;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Values of seeds by node, concept and quantity, in the order in which they come.
class Collected {
  public:
    void add(const Place& at, const std::string& topic, const std::string& quantity,
             const Measured& value) {
        if (std::isnan(value.value)) return;
        const auto is_it = [&](const Group& group) {
            return group.width == at.width && group.node == at.node && group.topic == topic &&
                   group.quantity == quantity;
        };
        auto group = std::find_if(groups_.begin(), groups_.end(), is_it);
        if (group == groups_.end()) {
            group = groups_.insert(group, {at.width, at.node, topic, quantity, {}, {}});
        }
        group->values.push_back(value);
        if (std::find(group->seeds.begin(), group->seeds.end(), at.seed) == group->seeds.end()) {
            group->seeds.push_back(at.seed);
        }
    }

    struct Group {
        std::int64_t width;
        std::string node, topic, quantity;
        std::vector<Measured> values;
        std::vector<std::int64_t> seeds;
    };
    const std::vector<Group>& groups() const { return groups_; }

  private:
    std::vector<Group> groups_;
};

// A number without an interval of its own.
Measured bare(double value) { return {.value = value}; }

void collect_scores(const ProbeRows& rows, Collected& to) {
    for (const ScoreRow& row : rows.scores) {
        if (!rows.is_last(row.at)) continue;
        if (row.protocol != "held_out") {
            to.add(row.at, row.topic, row.protocol + "_accuracy", bare(row.accuracy.value));
            continue;
        }
        if (row.control != "none") {
            to.add(row.at, row.topic, row.control + "_accuracy", row.accuracy);
            to.add(row.at, row.topic, row.control + "_balanced_accuracy", row.balanced_accuracy);
            continue;
        }
        to.add(row.at, row.topic, "accuracy", row.accuracy);
        to.add(row.at, row.topic, "balanced_accuracy", row.balanced_accuracy);
        to.add(row.at, row.topic, "base_rate", bare(row.base_rate));
        to.add(row.at, row.topic, "p_value", bare(row.p_value));
    }
    for (const SelectivityRow& row : rows.selectivity) {
        to.add(row.at, row.topic, "selectivity", row.accuracy);
        to.add(row.at, row.topic, "balanced_selectivity", row.balanced_accuracy);
    }
}

void collect_erasures(const ProbeRows& rows, Collected& to) {
    for (const ErasureRow& row : rows.erasures) {
        to.add(row.at, row.topic, row.is_probe ? "erasure_probe" : "erasure_random",
               bare(row.change));
    }
}

void collect_frequencies(const ProbeRows& rows, const std::vector<OverFrequencies>& frequencies,
                         Collected& to) {
    for (const OverFrequencies& found : frequencies) {
        if (!rows.is_last(found.at)) continue;
        const std::string topic = "fourier_" + found.operand;
        to.add(found.at, topic, kMeanR2, bare(found.mean_r2));
        to.add(found.at, topic, kBestR2, bare(found.best_r2));
        to.add(found.at, topic, "untrained_mean_r2", bare(found.untrained_mean_r2));
        to.add(found.at, topic, "untrained_best_r2", bare(found.untrained_best_r2));
        to.add(found.at, topic, kBestWaveR2, bare(found.best_wave_r2));
        to.add(found.at, topic, "untrained_best_wave_r2", bare(found.untrained_best_wave_r2));
    }
}

std::vector<double> plain(const std::vector<Measured>& values) {
    std::vector<double> numbers;
    for (const Measured& value : values) numbers.push_back(value.value);
    return numbers;
}

// The values that a quantity can have.
statistics::Interval range_of(const std::string& quantity) {
    if (quantity.ends_with("r2")) return {-kInfinity, 1};
    for (const analyses::ScoreKind& score : analyses::kScoreKinds) {
        if (quantity == score.name || quantity.ends_with(std::string("_") + score.name)) {
            return {score.least, score.most};
        }
    }
    return kAnyValue;
}

OverSeeds summarised(const Collected::Group& group) {
    const std::vector<double> values = plain(group.values);
    OverSeeds found;
    if (group.quantity == "erasure_random") {
        found.interval_over = "directions";
        found.mean = {statistics::mean_interval(values).mean, statistics::quantile(values, 0.025),
                      statistics::quantile(values, 0.975)};
    } else if (group.quantity == "p_value") {
        found.mean = bare(*std::max_element(values.begin(), values.end()));
    } else {
        found = over_seeds(group.values, range_of(group.quantity));
    }
    found.seeds = group.seeds.size();
    return found;
}

}  // namespace

OverSeeds over_seeds(const std::vector<Measured>& values, const statistics::Interval& range) {
    OverSeeds found;
    found.seeds = values.size();
    if (values.size() == 1) {
        found.mean = values[0];
        if (!std::isnan(found.mean.low)) found.interval_over = "folds";
        return found;
    }
    const statistics::Mean mean = statistics::mean_interval(plain(values));
    found.mean = {mean.mean, std::clamp(mean.interval.low, range.low, range.high),
                  std::clamp(mean.interval.high, range.low, range.high)};
    if (!values.empty()) found.interval_over = "seeds";
    return found;
}

report::Estimate estimate_of(const OverSeeds& found) {
    return {.seeds = static_cast<double>(found.seeds),
            .median = found.mean.value,
            .low = found.mean.low,
            .high = found.mean.high};
}

void write_by_width(const fs::path& folder, const ProbeRows& rows,
                    const std::vector<OverFrequencies>& frequencies) {
    Collected collected;
    collect_scores(rows, collected);
    collect_frequencies(rows, frequencies, collected);
    collect_erasures(rows, collected);
    lab::TableWriter table(
        folder / "by_width.tsv",
        {"width", "node", "concept", "quantity", "seeds", "interval_over", "mean", "low", "high"});
    const auto shown = [](double x) { return std::isnan(x) ? lab::Cell() : lab::Cell(x); };
    for (const Collected::Group& group : collected.groups()) {
        const OverSeeds found = summarised(group);
        table.add_row({group.width, group.node, group.topic, group.quantity, found.seeds,
                       found.interval_over, shown(found.mean.value), shown(found.mean.low),
                       shown(found.mean.high)});
    }
    table.close();
}

ByWidth::ByWidth(const fs::path& folder) {
    const lab::Table table = lab::read_table(folder / "by_width.tsv");
    const auto widths = table.numbers("width"), seeds = table.numbers("seeds");
    const auto mean = table.numbers("mean"), low = table.numbers("low"),
               high = table.numbers("high");
    const auto nodes = table.texts("node"), topics = table.texts("concept");
    const auto quantities = table.texts("quantity"), over = table.texts("interval_over");
    for (std::size_t i = 0; i < table.num_rows(); ++i) {
        const auto width = static_cast<std::int64_t>(widths[i]);
        rows_[{width, nodes[i], topics[i], quantities[i]}] = {
            static_cast<std::size_t>(seeds[i]), over[i], {mean[i], low[i], high[i]}};
        if (std::find(widths_.begin(), widths_.end(), width) == widths_.end()) {
            widths_.push_back(width);
        }
    }
    std::sort(widths_.begin(), widths_.end());
}

OverSeeds ByWidth::find(std::int64_t width, const std::string& node, const std::string& topic,
                        const std::string& quantity) const {
    const auto found = rows_.find({width, node, topic, quantity});
    return found == rows_.end() ? OverSeeds{} : found->second;
}

std::string ByWidth::text(std::int64_t width, const std::string& node, const std::string& topic,
                          const std::string& quantity) const {
    return text_of(find(width, node, topic, quantity).mean);
}

std::string text_of(const Measured& measured) {
    std::string text = report::readable(measured.value);
    if (!std::isnan(measured.low)) {
        text +=
            " (" + report::readable(measured.low) + " to " + report::readable(measured.high) + ")";
    }
    return text;
}

std::string per_width(const std::vector<std::int64_t>& widths,
                      const std::function<std::string(std::int64_t)>& text) {
    std::string all;
    for (const std::int64_t width : widths) {
        all += (all.empty() ? "" : "; ") + ("width " + std::to_string(width)) + ": " + text(width);
    }
    return all;
}

}  // namespace dualtape::circuit_emergence
