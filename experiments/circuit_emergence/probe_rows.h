#pragma once
// The tables of analyses/probes/probe_tables.h of a run whose trainings differ in width and seed.

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace dualtape::circuit_emergence {

// A value and its 95 % interval, NaN where there is none.
struct Measured {
    double value = std::numeric_limits<double>::quiet_NaN();
    double low = std::numeric_limits<double>::quiet_NaN(), high = low;
};

// The training, its step, and the node that was probed.
struct Place {
    std::int64_t width = 0, seed = 0;
    double step = 0;
    std::string node{};
};

// Of probes.tsv.
struct ScoreRow {
    Place at{};
    std::string topic{};  // the concept
    std::string control{}, protocol{}, note{};
    double n = 0, base_rate = 0, p_value = 0, num_unconverged = 0;
    bool is_rare = false, is_seen_in_training = false;
    Measured accuracy{}, balanced_accuracy{};

    bool is_held_out_probe() const { return control == "none" && protocol == "held_out"; }
};

// Of probe_selectivity.tsv: what the probe reads more of the concept than of a random label per
// type of input.
struct SelectivityRow {
    Place at{};
    std::string topic{};
    Measured accuracy{}, balanced_accuracy{};
};

// Of fourier_probes.tsv.
struct FrequencyRow {
    Place at{};
    std::string operand{};  // "x", "sum"
    std::int64_t frequency = 0;
    double r2 = 0, untrained_r2 = 0;            // of cosine and sine together
    double wave_r2 = 0, untrained_wave_r2 = 0;  // of the wave of best phase
};

// Of erasure.tsv.
struct ErasureRow {
    Place at{};
    std::string topic{};
    bool is_probe = false;  // else a random direction
    double change = 0;      // of the task's accuracy
};

struct ProbeRows {
    // Tables that are missing have no rows. Throws InputError for one without its columns.
    explicit ProbeRows(const std::filesystem::path& folder);

    std::vector<ScoreRow> scores;
    std::vector<SelectivityRow> selectivity;
    std::vector<FrequencyRow> frequencies;
    std::vector<ErasureRow> erasures;
    // In the order of the tables.
    std::vector<std::string> nodes, concepts;

    // Whether this is the last step of all that were probed. A training that has ended before has
    // no rows of it.
    bool is_last(const Place& place) const { return place.step == last_step_; }
    // The last hidden layer after its activation; without one, the last node.
    std::string deepest_hidden() const;

  private:
    double last_step_ = 0;
};

// "x is even": what a probe decides, in words.
std::string name_of_concept(const std::string& word);

}  // namespace dualtape::circuit_emergence
