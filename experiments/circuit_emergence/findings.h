#pragma once
// What claims, figures and report of a finished run are told from.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "experiments/circuit_emergence/by_width.h"
#include "experiments/circuit_emergence/trainings.h"
#include "experiments/report/judged_setting.h"
#include "experiments/report/run_tables.h"

namespace dualtape::circuit_emergence {

struct Findings {
    // Reads the tables of the run and those of summarise().
    explicit Findings(const std::filesystem::path& folder);

    // Rising.
    const std::vector<std::int64_t>& widths() const { return summary.widths(); }
    bool is_one_seed() const { return summary.num_seeds() == 1; }
    bool has_test() const { return summary.has_test(); }
    bool is_probed() const { return !by_width.widths().empty(); }
    bool is_probed(const std::string& topic) const;
    // "one seed", "3 seeds".
    std::string seeds() const;
    // What the intervals are over, as a sentence with a blank before it.
    std::string interval_note() const;
    // "(a + b) mod 97, two integer inputs, train share 1, depth 2, Adam, 3 seeds".
    std::string setting() const;
    // "1741 held-out pairs", "1882 pairs, seen in training".
    std::string probed_pairs() const;
    // The concepts that figures against width, layer or time show: x_even and, as it is what the
    // task is about, sum_even; those that were probed.
    std::vector<std::string> shown_concepts() const;
    // "width 16: 0.52 (0.50 to 0.54); ... [3 seeds]".
    std::string each(const std::string& node, const std::string& topic,
                     const std::string& quantity) const;
    OverSeeds find(std::int64_t width, const std::string& node, const std::string& topic,
                   const std::string& quantity) const {
        return by_width.find(width, node, topic, quantity);
    }

    report::Estimate estimate(std::int64_t width, const std::string& node, const std::string& topic,
                              const std::string& quantity) const {
        return estimate_of(find(width, node, topic, quantity));
    }

    // Of the widest networks, the concept that gains most balanced accuracy from the input to a
    // layer behind it, by more than both intervals and than the same layer before training; and the
    // first layer where it is read best.
    struct Emerging {
        std::string topic{}, node{};
    };
    std::optional<Emerging> emerging() const;

    // Of all trainings at their last step, the largest selectivity of balanced accuracy behind the
    // input, of a concept that is read better there than at the input and before training. None
    // where the interval over folds reaches 0.
    struct Selective {
        Place at{};
        std::string topic{};
        Measured selectivity{};
        double balanced_accuracy = 0;
    };
    std::optional<Selective> most_selective() const;

    report::RunSettings settings;
    ProbeRows rows;
    std::vector<OverFrequencies> frequencies;
    Summary summary;
    ByWidth by_width;
    report::JudgedSetting judged;
};

}  // namespace dualtape::circuit_emergence
