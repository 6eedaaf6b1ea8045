#include "experiments/analyses/ablation/ablation_numbers.h"

#include <algorithm>
#include <cmath>

#include "experiments/analyses/ablation/ablation_figures.h"
#include "experiments/report/run_tables.h"
#include "experiments/report/table_slice.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

namespace fs = std::filesystem;
using lab::ReportTable;

// Trainings that differ in the seed alone.
struct Network {
    std::string name;  // "" when there is but one
    std::vector<report::TableSlice> trainings;

    // The first number of every training's rows that `choose` leaves.
    template <class Choose>
    std::vector<double> numbers(const char* column, Choose choose) const {
        std::vector<double> values;
        for (const report::TableSlice& training : trainings) {
            const report::TableSlice chosen = choose(training);
            if (!chosen.is_empty()) values.push_back(chosen.first_number(column));
        }
        return values;
    }
};

std::vector<Network> networks_of(const fs::path& table) {
    std::vector<Network> networks;
    for (const report::TableSlice& training : report::TableSlice(table).trainings()) {
        const std::string name = training.network();
        auto found = std::find_if(networks.begin(), networks.end(),
                                  [&](const Network& network) { return network.name == name; });
        if (found == networks.end()) found = networks.insert(found, {name, {}});
        found->trainings.push_back(training.at_last_step());
    }
    return networks;
}

std::string pooled_note(const std::vector<Network>& networks) {
    for (const Network& network : networks) {
        if (network.trainings.size() > 1) return "Medians over seeds, with their range. ";
    }
    return "One seed. ";
}

// Columns in front when there are several networks.
std::vector<std::string> with_network(const std::vector<Network>& networks,
                                      std::vector<std::string> columns) {
    if (networks.size() > 1) columns.insert(columns.begin(), "network");
    return columns;
}
void add_row(ReportTable& table, const std::vector<Network>& networks, const Network& network,
             std::vector<std::string> cells) {
    if (networks.size() > 1) cells.insert(cells.begin(), network.name);
    table.rows.push_back(std::move(cells));
}

ReportTable whole_network(const std::vector<Network>& networks) {
    ReportTable table{
        .title = "Importance, and the ends of every ablation",
        .note = pooled_note(networks) +
                "With all units at zero, what follows them sees its biases alone.",
        .columns = with_network(networks, {"units", "largest over mean importance", "Gini",
                                           "share above twice the mean", "part", "accuracy", "loss",
                                           "accuracy, all at zero", "loss, all at zero"}),
        .rows = {}};
    for (const Network& network : networks) {
        const auto fact = [&](const char* name, const char* part) {
            return network.numbers("value", [&](const report::TableSlice& rows) {
                return rows.where("fact", name).where("part", part);
            });
        };
        std::vector<double> largest = fact("importance_largest", "");
        const std::vector<double> mean = fact("importance_mean", "");
        for (std::size_t i = 0; i < largest.size(); ++i) largest[i] /= mean[i];
        for (const char* part : {"test", "train"}) {
            add_row(table, networks, network,
                    {median_and_range(fact("units", "")), median_and_range(largest),
                     median_and_range(fact("importance_gini", "")),
                     median_and_range(fact("importance_share_above_twice_mean", "")), part,
                     median_and_range(fact("clean_accuracy", part)),
                     median_and_range(fact("clean_loss", part)),
                     median_and_range(fact("all_zero_accuracy", part)),
                     median_and_range(fact("all_zero_loss", part))});
        }
    }
    return table;
}

struct Effect {
    const char* fact;
    const char* words;
};
const std::vector<Effect> kEffects{
    {"largest_single_accuracy_drop", "largest drop of accuracy by one unit"},
    {"largest_single_loss_rise", "largest rise of the loss by one unit (nats)"},
    {"top_5_accuracy_change", "accuracy without the 5 most important, change"},
    {"top_5_loss_change", "loss without the 5 most important, change (nats)"},
    {"top_10_accuracy_change", "accuracy without the 10 most important, change"},
    {"top_10_loss_change", "loss without the 10 most important, change (nats)"},
    {"listed_accuracy_change", "accuracy without the listed units, change"},
    {"listed_loss_change", "loss without the listed units, change (nats)"}};

ReportTable effects(const std::vector<Network>& networks) {
    // Without a part or mode: facts of the network as a whole.
    std::vector<std::string> modes = report::distinct(networks[0].trainings[0].texts("mode"));
    std::erase(modes, "");
    std::vector<std::string> columns{"quantity", "part"};
    for (const std::string& mode : modes) columns.push_back(replaced_by(mode));
    ReportTable table{.title = "What is lost without units",
                      .note = pooled_note(networks) +
                              "Intervals of one training over its pairs: ablation_summary.tsv.",
                      .columns = with_network(networks, columns),
                      .rows = {}};
    for (const Network& network : networks) {
        for (const Effect& effect : kEffects) {
            for (const char* part : {"test", "train"}) {
                std::vector<std::string> cells{effect.words, part};
                bool has_value = false;
                for (const std::string& mode : modes) {
                    const auto values =
                        network.numbers("value", [&](const report::TableSlice& rows) {
                            return rows.where("fact", effect.fact)
                                .where("part", part)
                                .where("mode", mode);
                        });
                    has_value |= !values.empty();
                    cells.push_back(median_and_range(values));
                }
                if (has_value) add_row(table, networks, network, std::move(cells));
            }
        }
    }
    return table;
}

ReportTable circuits(const std::vector<Network>& networks) {
    ReportTable table{
        .title = "Minimal circuits",
        .note = pooled_note(networks) +
                "Units that are left when the greedy path stops just before the accuracy on the "
                "train pairs first falls below a share of that of the whole network; all others "
                "are " +
                replaced_by(networks[0].trainings[0].first_text("mode")) +
                ". Random sets have as many units; random orders stop by the same rule.",
        .columns = with_network(networks, {"share of accuracy", "part", "units left", "accuracy",
                                           "loss", "accuracy of random sets", "2.5 %", "97.5 %",
                                           "units left in random orders"}),
        .rows = {}};
    for (const Network& network : networks) {
        const report::TableSlice& first = network.trainings[0];
        for (const std::string& share : report::distinct(first.texts("share"))) {
            for (const std::string& part : report::distinct(first.texts("part"))) {
                std::vector<std::string> cells{share, part};
                for (const char* column :
                     {"size", "accuracy", "loss", "random_accuracy", "random_accuracy_low",
                      "random_accuracy_high", "random_size"}) {
                    cells.push_back(median_and_range(
                        network.numbers(column, [&](const report::TableSlice& rows) {
                            return rows.where("share", share).where("part", part);
                        })));
                }
                add_row(table, networks, network, std::move(cells));
            }
        }
    }
    return table;
}

// Of the first training, as frequencies differ from seed to seed.
ReportTable clusters(const report::TableSlice& all) {
    const report::TableSlice training = all.trainings()[0].at_last_step();
    const std::string part = training.where("part", "test").is_empty() ? "train" : "test";
    const report::TableSlice rows = training.where("part", part);
    const report::TableSlice neurons = rows.where("kind", "neurons");
    const std::string mode = neurons.first_text("mode");
    ReportTable table{
        .title = "Frequencies removed and kept, " + training.training(),
        .note = "Change of accuracy and loss (nats) on the " + part +
                " pairs. Units: those with at least 0.85 of their variance at the frequency, or "
                "all others, " +
                replaced_by(mode) +
                ". Embedding: its two waves over the tokens projected out, or all others. The last "
                "row is all clusters together.",
        .columns = {"frequency", "units", "removed: accuracy", "loss", "kept alone: accuracy",
                    "loss", "embedding removed: accuracy", "loss", "kept alone: accuracy", "loss"},
        .rows = {}};
    for (const std::string& frequency : report::distinct(neurons.texts("frequency"))) {
        std::vector<std::string> cells{
            frequency, neurons.where("frequency", frequency).first_text("num_units")};
        for (const char* kind : {"neurons", "embedding"}) {
            for (const char* subset : {"removed", "kept"}) {
                const report::TableSlice of =
                    rows.where("kind", kind)
                        .where("frequency", frequency)
                        .where("subset", subset)
                        .where("mode", std::string(kind) == "neurons" ? mode : "projection");
                for (const char* column : {"accuracy_change", "loss_change"}) {
                    cells.push_back(report::readable(of.first_number(column)));
                }
            }
        }
        table.rows.push_back(std::move(cells));
    }
    return table;
}

}  // namespace

std::string median_and_range(const std::vector<double>& values) {
    std::vector<double> finite = values;
    std::erase_if(finite, [](double value) { return std::isnan(value); });
    if (finite.empty()) return "–";
    const auto [low, high] = std::minmax_element(finite.begin(), finite.end());
    std::string text = report::readable(statistics::median(finite));
    if (*low < *high)
        text += " (" + report::readable(*low) + " to " + report::readable(*high) + ")";
    return text;
}

std::vector<ReportTable> ablation_numbers(const fs::path& folder) {
    std::vector<ReportTable> tables;
    const std::vector<Network> summary = networks_of(folder / "ablation_summary.tsv");
    if (!summary.empty()) tables = {effects(summary), whole_network(summary)};
    const std::vector<Network> minimal = networks_of(folder / "minimal_circuit.tsv");
    if (!minimal.empty()) tables.push_back(circuits(minimal));
    const report::TableSlice frequencies(folder / "ablation_clusters.tsv");
    if (!frequencies.where("kind", "neurons").is_empty()) tables.push_back(clusters(frequencies));
    return tables;
}

}  // namespace dualtape::analyses
