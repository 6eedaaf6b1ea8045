#include "experiments/circuit_emergence/probe_rows.h"

#include <algorithm>
#include <map>

#include "experiments/lab/table.h"

namespace dualtape::circuit_emergence {

namespace {

namespace fs = std::filesystem;

// Columns of a table, each parsed once.
class Columns {
  public:
    explicit Columns(const fs::path& path) {
        if (fs::exists(path)) table_ = lab::read_table(path);
    }

    std::size_t size() const { return table_.num_rows(); }
    double number(const std::string& column, std::size_t row) {
        auto found = numbers_.find(column);
        if (found == numbers_.end()) {
            found = numbers_.emplace(column, table_.numbers(column)).first;
        }
        return found->second[row];
    }
    const std::string& text(const char* column, std::size_t row) const {
        return table_.rows[row][table_.column(column)];
    }
    Measured measured(const std::string& column, std::size_t row) {
        return {number(column, row), number(column + "_low", row), number(column + "_high", row)};
    }
    Place place(std::size_t row) {
        return {static_cast<std::int64_t>(number("width", row)),
                static_cast<std::int64_t>(number("seed", row)), number("step", row),
                text("node", row)};
    }

  private:
    lab::Table table_;
    std::map<std::string, std::vector<double>> numbers_;
};

void add_new(const std::string& word, std::vector<std::string>& words) {
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
}

}  // namespace

ProbeRows::ProbeRows(const fs::path& folder) {
    Columns probes(folder / "probes.tsv");
    for (std::size_t i = 0; i < probes.size(); ++i) {
        scores.push_back({.at = probes.place(i),
                          .topic = probes.text("concept", i),
                          .control = probes.text("control", i),
                          .protocol = probes.text("protocol", i),
                          .note = probes.text("note", i),
                          .n = probes.number("n", i),
                          .base_rate = probes.number("base_rate", i),
                          .p_value = probes.number("p_value_balanced_accuracy", i),
                          .num_unconverged = probes.number("num_unconverged", i),
                          .is_rare = probes.number("is_rare", i) == 1,
                          .is_seen_in_training = probes.number("seen_in_training", i) == 1,
                          .accuracy = probes.measured("accuracy", i),
                          .balanced_accuracy = probes.measured("balanced_accuracy", i)});
    }
    Columns selected(folder / "probe_selectivity.tsv");
    for (std::size_t i = 0; i < selected.size(); ++i) {
        selectivity.push_back({selected.place(i), selected.text("concept", i),
                               selected.measured("selectivity", i),
                               selected.measured("balanced_selectivity", i)});
    }
    Columns fourier(folder / "fourier_probes.tsv");
    for (std::size_t i = 0; i < fourier.size(); ++i) {
        frequencies.push_back({fourier.place(i), fourier.text("operand", i),
                               static_cast<std::int64_t>(fourier.number("frequency", i)),
                               fourier.number("r2", i), fourier.number("untrained_r2", i),
                               fourier.number("wave_r2", i),
                               fourier.number("untrained_wave_r2", i)});
    }
    Columns erased(folder / "erasure.tsv");
    for (std::size_t i = 0; i < erased.size(); ++i) {
        erasures.push_back({erased.place(i), erased.text("concept", i),
                            erased.text("direction", i) == "probe", erased.number("change", i)});
    }

    const auto note = [&](const Place& place) {
        add_new(place.node, nodes);
        last_step_ = std::max(last_step_, place.step);
    };
    for (const ScoreRow& row : scores) note(row.at);
    for (const FrequencyRow& row : frequencies) note(row.at);
    // Earlier steps have some of the concepts: the order is that of the last.
    for (const ScoreRow& row : scores) {
        if (is_last(row.at)) add_new(row.topic, concepts);
    }
}

std::string ProbeRows::deepest_hidden() const {
    const auto found = std::find_if(nodes.rbegin(), nodes.rend(), [](const std::string& node) {
        return node.ends_with(".post");
    });
    if (found != nodes.rend()) return *found;
    return nodes.empty() ? "" : nodes.back();
}

std::string name_of_concept(const std::string& word) {
    static const std::map<std::string, std::string> kWords{
        {"x_even", "x is even"},
        {"y_even", "y is even"},
        {"sum_even", "(x + y) mod p is even"},
        {"x_even_xor_y_even", "one of x, y is even"},
        {"x_equals_y", "x = y"},
        {"carry", "x + y ≥ p"},
        {"sum_is_zero", "(x + y) mod p = 0"},
        {"x_high", "x ≥ p / 2"},
        {"x_class", "x"},
        {"fourier_x", "Fourier features of x"},
        {"fourier_sum", "Fourier features of x + y"}};
    const auto found = kWords.find(word);
    return found == kWords.end() ? word : found->second;
}

}  // namespace dualtape::circuit_emergence
