#include "experiments/circuit_emergence/summary_json.h"

#include <map>

#include <nlohmann/json.hpp>

#include "experiments/lab/files.h"
#include "experiments/lab/json.h"
#include "experiments/lab/table.h"

namespace dualtape::circuit_emergence {

namespace {

namespace fs = std::filesystem;
using lab::Json;

Json trainings_of(const Summary& summary) {
    Json trainings = Json::array();
    for (const std::int64_t width : summary.widths()) {
        const auto seeds = summary.numbers(width, "seed");
        const auto classes = summary.texts(width, "class");
        const auto key_nodes = summary.texts(width, "key_node");
        const auto wave_nodes = summary.texts(width, "wave_node");
        for (std::size_t i = 0; i < seeds.size(); ++i) {
            Json training = {{"width", width},
                             {"seed", static_cast<std::int64_t>(seeds[i])},
                             {"class", classes[i]}};
            for (const char* column : {"t_mem", "t_gen", "train_accuracy", "test_accuracy",
                                       "key_frequency", "key_r2", "wave_frequency", "wave_r2"}) {
                training[column] = summary.numbers(width, column)[i];
            }
            training["key_node"] = key_nodes[i];
            training["wave_node"] = wave_nodes[i];
            trainings.push_back(std::move(training));
        }
    }
    return trainings;
}

// A row per width, node and concept, in the order of by_width.tsv.
Json probes_of(const Findings& found, const fs::path& folder) {
    const lab::Table table = lab::read_table(folder / "by_width.tsv");
    const auto& nodes = table.texts("node");
    const auto &topics = table.texts("concept"), &quantities = table.texts("quantity");
    const auto widths = table.numbers("width");
    Json rows = Json::array();
    std::map<std::tuple<double, std::string, std::string>, std::size_t> place;
    for (std::size_t i = 0; i < table.num_rows(); ++i) {
        const auto width = static_cast<std::int64_t>(widths[i]);
        const auto [at, is_new] = place.try_emplace({widths[i], nodes[i], topics[i]}, rows.size());
        if (is_new) {
            rows.push_back({{"width", width}, {"node", nodes[i]}, {"concept", topics[i]}});
        }
        const OverSeeds here = found.find(width, nodes[i], topics[i], quantities[i]);
        rows[at->second][quantities[i]] = {{"mean", here.mean.value},
                                           {"low", here.mean.low},
                                           {"high", here.mean.high},
                                           {"seeds", here.seeds}};
    }
    return rows;
}

}  // namespace

void write_summary_json(const Findings& found, const fs::path& folder) {
    Json summary = {{"setting", found.setting()},
                    {"seeds", found.summary.num_seeds()},
                    {"widths", found.widths()}};
    if (const auto emerging = found.emerging()) {
        summary["emerging_concept"] = {{"concept", emerging->topic}, {"node", emerging->node}};
    }
    summary["trainings"] = trainings_of(found.summary);
    summary["probes"] = probes_of(found, folder);
    lab::write_atomically(folder / "probe_summary.json", lab::json_text(summary));
}

}  // namespace dualtape::circuit_emergence
