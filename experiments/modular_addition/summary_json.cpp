#include "experiments/modular_addition/summary_json.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

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
    Json list = Json::list();
    for (std::int64_t number = 0; stream >> number;) list.add(Json(number));
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
    Json top = Json::list();
    for (std::size_t i = 0; i < std::min(kTop, order.size()); ++i) {
        top.add(Json(static_cast<std::int64_t>(units[order[i]])));
    }
    summary.add("importance", neurons.texts("ranked_by")[0])
        .add("top_neurons", std::move(top))
        .add("neuron_importance", Json::list(neurons.numbers("importance")));
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
    Json list = Json::list();
    for (std::size_t i = 0; i < units.size(); ++i) {
        const double original = clean[parts[i]];
        list.add(Json()
                     .add("neuron", static_cast<std::int64_t>(units[i]))
                     .add("mode", modes[i])
                     .add("part", parts[i])
                     .add("acc_original", original)
                     .add("acc_patched", original + change[i])
                     .add("impact", -change[i])
                     .add("relative", -change[i] / original)
                     .add("loss_change", loss[i]));
    }
    summary.add("interventions", std::move(list));
}

void add_fourier(Json& summary, const ModularAdditionFindings& found) {
    const FirstTraining neurons(found.folder / "fourier_neurons.tsv");
    const FirstTraining waves(found.folder / "fourier_correlations.tsv");
    if (neurons.is_empty() || neurons.size() != waves.size()) return;
    const auto keys = found.fourier.texts("keys");
    if (!keys.empty()) summary.add("key_frequencies", numbers_of(keys[0]));
    const auto index = neurons.numbers("neuron"), frequency = neurons.numbers("frequency");
    const auto fve = neurons.numbers("fve"), cluster = neurons.numbers("cluster");
    const auto r = waves.numbers("r");
    const auto wave = waves.texts("wave"), number = waves.texts("number");
    Json components = Json::list();
    std::map<double, std::vector<std::int64_t>> clusters;
    for (std::size_t i = 0; i < index.size(); ++i) {
        Json row;
        row.add("neuron", static_cast<std::int64_t>(index[i]))
            .add("freq", frequency[i])
            .add("fve", fve[i])
            .add("max_corr", std::abs(r[i]))
            .add("number", number[i]);
        if (!wave[i].empty()) row.add(wave[i] + "_corr", r[i]);
        components.add(std::move(row));
        if (!std::isnan(cluster[i])) {
            clusters[cluster[i]].push_back(static_cast<std::int64_t>(index[i]));
        }
    }
    Json list = Json::list();
    for (const auto& [of, members] : clusters) {
        list.add(Json().add("frequency", of).add("neurons", Json::list(members)));
    }
    summary.add("fourier_components", std::move(components)).add("clusters", std::move(list));
}

void add_circuits(Json& summary, const fs::path& folder) {
    const FirstTraining circuits(folder / "minimal_circuit.tsv");
    if (circuits.is_empty()) return;
    const auto share = circuits.numbers("share"), size = circuits.numbers("size");
    const auto accuracy = circuits.numbers("accuracy"), random = circuits.numbers("random_size");
    const auto units = circuits.texts("units"), parts = circuits.texts("part");
    Json list = Json::list();
    for (std::size_t i = 0; i < share.size(); ++i) {
        list.add(Json()
                     .add("share", share[i])
                     .add("part", parts[i])
                     .add("size", size[i])
                     .add("accuracy", accuracy[i])
                     .add("random_size", random[i])
                     .add("neurons", numbers_of(units[i])));
    }
    summary.add("minimal_circuit", std::move(list));
}

}  // namespace

void write_summary_json(const ModularAdditionFindings& found) {
    Json summary;
    summary.add("p", found.settings.task.p)
        .add("operation", found.settings.task.operation)
        .add("parameters", found.num_parameters)
        .add("epochs", static_cast<double>(found.settings.train.steps) / found.per_epoch)
        .add("seeds", found.seeds());
    for (const char* quantity : {"test_accuracy", "t_mem", "t_gen"}) {
        const report::Estimate estimate = found.over_seeds.estimate(quantity);
        summary.add(quantity, Json()
                                  .add("median", estimate.median)
                                  .add("low", estimate.low)
                                  .add("high", estimate.high));
    }
    add_importance(summary, found.folder);
    add_interventions(summary, found);
    add_fourier(summary, found);
    add_circuits(summary, found.folder);
    lab::write_atomically(found.folder / "analysis_summary.json", summary.text());
}

}  // namespace dualtape::modular_addition
