#include "experiments/circuit_emergence/frequencies.h"

#include <cmath>

namespace dualtape::circuit_emergence {

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

KeyFrequency best_of(double OverFrequencies::*r2, std::int64_t OverFrequencies::*frequency,
                     const ProbeRows& rows, const std::vector<OverFrequencies>& frequencies,
                     std::int64_t width, std::int64_t seed) {
    KeyFrequency key;
    for (const OverFrequencies& found : frequencies) {
        const bool is_its = found.at.width == width && found.at.seed == seed &&
                            rows.is_last(found.at) && found.operand == "sum";
        if (!is_its || found.at.node == "input" || found.*frequency == 0) continue;
        if (key.frequency != 0 && found.*r2 <= key.r2) continue;
        key = {found.at.node, found.*frequency, found.*r2};
    }
    return key;
}

}  // namespace

std::vector<OverFrequencies> over_frequencies(const ProbeRows& rows) {
    std::vector<OverFrequencies> all;
    for (std::size_t i = 0; i < rows.frequencies.size();) {
        const FrequencyRow& first = rows.frequencies[i];
        Tally trained, untrained, wave, untrained_wave;
        for (; i < rows.frequencies.size() && is_together(first, rows.frequencies[i]); ++i) {
            const FrequencyRow& row = rows.frequencies[i];
            trained.add(row.r2, row.frequency);
            untrained.add(row.untrained_r2, row.frequency);
            wave.add(row.wave_r2, row.frequency);
            untrained_wave.add(row.untrained_wave_r2, row.frequency);
        }
        all.push_back({.at = first.at,
                       .operand = first.operand,
                       .mean_r2 = trained.mean(),
                       .untrained_mean_r2 = untrained.mean(),
                       .best_r2 = trained.best,
                       .untrained_best_r2 = untrained.best,
                       .best_wave_r2 = wave.best,
                       .untrained_best_wave_r2 = untrained_wave.best,
                       .best_frequency = trained.best_frequency,
                       .best_wave_frequency = wave.best_frequency});
    }
    return all;
}

KeyFrequency key_frequency(const ProbeRows& rows, const std::vector<OverFrequencies>& frequencies,
                           std::int64_t width, std::int64_t seed) {
    return best_of(&OverFrequencies::best_r2, &OverFrequencies::best_frequency, rows, frequencies,
                   width, seed);
}

KeyFrequency key_wave(const ProbeRows& rows, const std::vector<OverFrequencies>& frequencies,
                      std::int64_t width, std::int64_t seed) {
    return best_of(&OverFrequencies::best_wave_r2, &OverFrequencies::best_wave_frequency, rows,
                   frequencies, width, seed);
}

}  // namespace dualtape::circuit_emergence
