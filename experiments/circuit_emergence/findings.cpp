#include "experiments/circuit_emergence/findings.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace dualtape::circuit_emergence {

Findings::Findings(const std::filesystem::path& folder)
    : settings(folder),
      rows(folder),
      frequencies(over_frequencies(rows)),
      summary(folder),
      by_width(folder),
      judged(report::judged_setting("circuit_emergence", folder)) {}

bool Findings::is_probed(const std::string& topic) const {
    return std::find(rows.concepts.begin(), rows.concepts.end(), topic) != rows.concepts.end();
}

std::string Findings::seeds() const {
    return is_one_seed() ? "one seed" : std::to_string(summary.num_seeds()) + " seeds";
}

std::string Findings::interval_note() const {
    return is_one_seed() ? " One seed; intervals are 95 % over the folds of its probe."
                         : " Means over " + seeds() +
                               " with 95 % intervals by Student's t, cut where the quantity "
                               "ends.";
}

std::string Findings::setting() const {
    const auto number = [&](const char* section, const char* key) {
        return report::readable(settings.number(section, key));
    };
    const std::string operation = settings.text("task", "operation");
    std::string text = (operation == "add" ? "(x + y)" : report::in_words(operation)) + " mod " +
                       number("task", "p") + ", " +
                       report::in_words(settings.text("model", "input")) + ", train share " +
                       number("task", "train_fraction") + ", depth " + number("model", "depth") +
                       ", " + report::in_words(settings.text("optimiser", "optimiser"));
    if (settings.number("optimiser", "weight_decay") > 0) {
        text += " with weight decay " + number("optimiser", "weight_decay");
    }
    return text + ", " + seeds();
}

std::string Findings::probed_pairs() const {
    for (const ScoreRow& row : rows.scores) {
        return report::readable(row.n) +
               (row.is_seen_in_training ? " pairs, seen in training" : " held-out pairs");
    }
    return "no pairs";
}

std::vector<std::string> Findings::shown_concepts() const {
    std::vector<std::string> shown;
    for (const char* topic : {"x_even", "sum_even"}) {
        if (is_probed(topic)) shown.emplace_back(topic);
    }
    return shown;
}

std::string Findings::each(const std::string& node, const std::string& topic,
                           const std::string& quantity) const {
    return per_width(
               widths(),
               [&](std::int64_t width) { return by_width.text(width, node, topic, quantity); }) +
           " [" + seeds() + "]";
}

std::optional<Findings::Emerging> Findings::emerging() const {
    std::optional<Emerging> best;
    double largest = 0;
    if (!is_probed()) return best;
    for (const std::string& topic : rows.concepts) {
        const auto at = [&](const std::string& node) {
            return find(widths().back(), node, topic, "balanced_accuracy").mean;
        };
        const Measured before = at("input");
        for (const std::string& node : rows.nodes) {
            const Measured here = at(node);
            const double gain = here.value - before.value;
            const Measured untrained =
                find(widths().back(), node, topic, "untrained_balanced_accuracy").mean;
            if (!(here.low > before.high && here.low > untrained.high && gain > largest)) continue;
            largest = gain;
            best = {topic, node};
        }
    }
    return best;
}

std::optional<Findings::Selective> Findings::most_selective() const {
    using Key = std::tuple<std::int64_t, std::int64_t, std::string, std::string, std::string>;
    const auto key = [](Place at, const std::string& topic, const std::string& control) {
        return Key(at.width, at.seed, std::move(at.node), topic, control);
    };
    std::map<Key, double> read;  // balanced accuracy, held out
    for (const ScoreRow& row : rows.scores) {
        if (row.protocol != "held_out" || !rows.is_last(row.at)) continue;
        read[key(row.at, row.topic, row.control)] = row.balanced_accuracy.value;
    }
    std::optional<Selective> best;
    for (const SelectivityRow& row : rows.selectivity) {
        const Measured& selectivity = row.balanced_accuracy;
        if (row.at.node == "input" || !rows.is_last(row.at) || !(selectivity.low > 0)) continue;
        if (best && selectivity.value <= best->selectivity.value) continue;
        Place input = row.at;
        input.node = "input";
        const double here = read[key(row.at, row.topic, "none")];
        const auto is_above = [&](const Place& at, const char* control) {
            const auto found = read.find(key(at, row.topic, control));
            return found == read.end() || here > found->second;
        };
        if (!is_above(input, "none") || !is_above(row.at, "untrained")) continue;
        best = {row.at, row.topic, selectivity, here};
    }
    return best;
}

}  // namespace dualtape::circuit_emergence
