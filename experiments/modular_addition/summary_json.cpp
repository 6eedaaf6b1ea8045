#include "experiments/modular_addition/summary_json.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include <nlohmann/json.hpp>

#include "experiments/lab/files.h"
#include "experiments/lab/json.h"
#include "experiments/report/training_groups.h"

namespace dualtape::modular_addition {

namespace {

namespace fs = std::filesystem;
using lab::Json;

constexpr std::size_t kTop = 20;

// The rows of the first training at its last step, column by column.
class FirstTraining {
  public:
    explicit FirstTraining(const fs::path& table) : groups_(table) {
        if (groups_.groups().empty()) return;
        group_ = groups_.groups()[0];
        const auto steps = groups_.numbers(group_, "step");
        const double last = *std::max_element(steps.begin(), steps.end());
        std::vector<std::size_t> rows;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (steps[i] == last) rows.push_back(group_.rows[i]);
        }
        group_.rows = std::move(rows);
    }

    bool is_empty() const { return group_.rows.empty(); }
    std::size_t size() const { return group_.rows.size(); }
    std::vector<double> numbers(const char* column) const {
        return groups_.numbers(group_, column);
    }
    std::vector<std::string> texts(const char* column) const {
        return groups_.texts(group_, column);
    }

  private:
    report::TrainingGroups groups_;
    report::TrainingGroups::Group group_;
};

// "3 17 20" as a list of numbers.
Json numbers_of(const std::string& words) {
    std::istringstream stream(words);
    Json list = Json::array();
    for (std::int64_t number = 0; stream >> number;) list.push_back(number);
    return list;
}

void add_importance(Json& summary, const fs::path& folder) {
    const FirstTraining neurons(folder / "neurons.tsv");
    if (neurons.is_empty()) return;
    const auto units = neurons.numbers("unit"), ranks = neurons.numbers("rank");
    std::vector<std::size_t> order(units.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[static_cast<std::size_t>(ranks[i]) - 1] = i;
    }
    Json top = Json::array();
    for (std::size_t i = 0; i < std::min(kTop, order.size()); ++i) {
        top.push_back(static_cast<std::int64_t>(units[order[i]]));
    }
    summary["importance"] = neurons.texts("ranked_by")[0];
    summary["top_neurons"] = std::move(top);
    summary["neuron_importance"] = neurons.numbers("importance");
}

void add_interventions(Json& summary, const ModularAdditionFindings& found) {
    const FirstTraining single(found.folder / "ablation_single.tsv");
    if (single.is_empty()) return;
    const auto units = single.numbers("unit"), change = single.numbers("accuracy_change");
    const auto loss = single.numbers("loss_change");
    const auto modes = single.texts("mode"), parts = single.texts("part");
    std::map<std::string, double> clean;
    for (const char* part : {"train", "test"}) {
        const auto values = found.ablation.numbers("clean_accuracy", {{"part", part}});
        clean[part] = values.empty() ? std::nan("") : values[0];
    }
    Json list = Json::array();
    for (std::size_t i = 0; i < units.size(); ++i) {
        const double original = clean[parts[i]];
        list.push_back({{"neuron", static_cast<std::int64_t>(units[i])},
                        {"mode", modes[i]},
                        {"part", parts[i]},
                        {"acc_original", original},
                        {"acc_patched", original + change[i]},
                        {"impact", -change[i]},
                        {"relative", -change[i] / original},
                        {"loss_change", loss[i]}});
    }
    summary["interventions"] = std::move(list);
}

void add_fourier(Json& summary, const ModularAdditionFindings& found) {
    const FirstTraining neurons(found.folder / "fourier_neurons.tsv");
    const FirstTraining waves(found.folder / "fourier_correlations.tsv");
    if (neurons.is_empty() || neurons.size() != waves.size()) return;
    const auto keys = found.fourier.texts("keys");
    if (!keys.empty()) summary["key_frequencies"] = numbers_of(keys[0]);
    const auto index = neurons.numbers("neuron"), frequency = neurons.numbers("frequency");
    const auto fve = neurons.numbers("fve"), cluster = neurons.numbers("cluster");
    const auto r = waves.numbers("r");
    const auto wave = waves.texts("wave"), number = waves.texts("number");
    Json components = Json::array();
    std::map<double, std::vector<std::int64_t>> clusters;
    for (std::size_t i = 0; i < index.size(); ++i) {
        Json row = {{"neuron", static_cast<std::int64_t>(index[i])},
                    {"freq", frequency[i]},
                    {"fve", fve[i]},
                    {"max_corr", std::abs(r[i])},
                    {"number", number[i]}};
        if (!wave[i].empty()) row[wave[i] + "_corr"] = r[i];
        components.push_back(std::move(row));
        if (!std::isnan(cluster[i])) {
            clusters[cluster[i]].push_back(static_cast<std::int64_t>(index[i]));
        }
    }
    Json list = Json::array();
    for (const auto& [of, members] : clusters) {
        list.push_back({{"frequency", of}, {"neurons", members}});
    }
    summary["fourier_components"] = std::move(components);
    summary["clusters"] = std::move(list);
}

void add_circuits(Json& summary, const fs::path& folder) {
    const FirstTraining circuits(folder / "minimal_circuit.tsv");
    if (circuits.is_empty()) return;
    const auto share = circuits.numbers("share"), size = circuits.numbers("size");
    const auto accuracy = circuits.numbers("accuracy"), random = circuits.numbers("random_size");
    const auto units = circuits.texts("units"), parts = circuits.texts("part");
    Json list = Json::array();
    for (std::size_t i = 0; i < share.size(); ++i) {
        list.push_back({{"share", share[i]},
                        {"part", parts[i]},
                        {"size", size[i]},
                        {"accuracy", accuracy[i]},
                        {"random_size", random[i]},
                        {"neurons", numbers_of(units[i])}});
    }
    summary["minimal_circuit"] = std::move(list);
}

}  // namespace

void write_summary_json(const ModularAdditionFindings& found) {
    Json summary = {{"p", found.settings.task.p},
                    {"operation", found.settings.task.operation},
                    {"parameters", found.num_parameters},
                    {"epochs", static_cast<double>(found.settings.train.steps) / found.per_epoch},
                    {"seeds", found.seeds()}};
    for (const char* quantity : {"test_accuracy", "t_mem", "t_gen"}) {
        const report::Estimate estimate = found.over_seeds.estimate(quantity);
        summary[quantity] = {
            {"median", estimate.median}, {"low", estimate.low}, {"high", estimate.high}};
    }
    add_importance(summary, found.folder);
    add_interventions(summary, found);
    add_fourier(summary, found);
    add_circuits(summary, found.folder);
    lab::write_atomically(found.folder / "analysis_summary.json", lab::json_text(summary));
}

}  // namespace dualtape::modular_addition
