#include "experiments/reports/circuit_emergence/frequencies.h"

#include <cmath>

namespace dualtape::reports::circuit_emergence {

namespace {

bool is_together(const FrequencyRow& a, const FrequencyRow& b) {
    return a.at.width == b.at.width && a.at.seed == b.at.seed && a.at.step == b.at.step &&
           a.at.node == b.at.node && a.operand == b.operand;
}

// Mean and best of the numbers that are there.
struct Tally {
    double sum = 0, best = std::numeric_limits<double>::quiet_NaN();
    std::int64_t count = 0, best_frequency = 0;

    void add(double r2, std::int64_t frequency) {
        if (std::isnan(r2)) return;
        sum += r2;
        ++count;
        if (count > 1 && r2 <= best) return;
        best = r2;
        best_frequency = frequency;
    }
    double mean() const { return sum / static_cast<double>(count); }  // NaN for none
};

}  // namespace

std::vector<OverFrequencies> over_frequencies(const ProbeRows& rows) {
    std::vector<OverFrequencies> all;
    for (std::size_t i = 0; i < rows.frequencies.size();) {
        const FrequencyRow& first = rows.frequencies[i];
        Tally trained, untrained;
        for (; i < rows.frequencies.size() && is_together(first, rows.frequencies[i]); ++i) {
            const FrequencyRow& row = rows.frequencies[i];
            trained.add(row.r2, row.frequency);
            untrained.add(row.untrained_r2, row.frequency);
        }
        all.push_back({.at = first.at,
                       .operand = first.operand,
                       .mean_r2 = trained.mean(),
                       .untrained_mean_r2 = untrained.mean(),
                       .best_r2 = trained.best,
                       .untrained_best_r2 = untrained.best,
                       .best_frequency = trained.best_frequency});
    }
    return all;
}

KeyFrequency key_frequency(const ProbeRows& rows, const std::vector<OverFrequencies>& frequencies,
                           std::int64_t width, std::int64_t seed) {
    KeyFrequency key;
    for (const OverFrequencies& found : frequencies) {
        const bool is_its = found.at.width == width && found.at.seed == seed &&
                            rows.is_last(found.at) && found.operand == "sum";
        if (!is_its || found.at.node == "input" || found.best_frequency == 0) continue;
        if (key.frequency != 0 && found.best_r2 <= key.r2) continue;
        key = {found.at.node, found.best_frequency, found.best_r2};
    }
    return key;
}

}  // namespace dualtape::reports::circuit_emergence
