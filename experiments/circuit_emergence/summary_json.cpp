#include "experiments/circuit_emergence/summary_json.h"

#include <map>

#include "experiments/lab/files.h"
#include "experiments/lab/json.h"
#include "experiments/lab/table.h"

namespace dualtape::circuit_emergence {

namespace {

namespace fs = std::filesystem;
using lab::Json;

Json trainings_of(const Summary& summary) {
    Json trainings = Json::list();
    for (const std::int64_t width : summary.widths()) {
        const auto seeds = summary.numbers(width, "seed");
        const auto classes = summary.texts(width, "class");
        const auto key_nodes = summary.texts(width, "key_node");
        const auto wave_nodes = summary.texts(width, "wave_node");
        for (std::size_t i = 0; i < seeds.size(); ++i) {
            Json training;
            training.add("width", width)
                .add("seed", static_cast<std::int64_t>(seeds[i]))
                .add("class", classes[i]);
            for (const char* column : {"t_mem", "t_gen", "train_accuracy", "test_accuracy",
                                       "key_frequency", "key_r2", "wave_frequency", "wave_r2"}) {
                training.add(column, summary.numbers(width, column)[i]);
            }
            training.add("key_node", key_nodes[i]).add("wave_node", wave_nodes[i]);
            trainings.add(std::move(training));
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
    std::vector<Json> rows;
    std::map<std::tuple<double, std::string, std::string>, std::size_t> place;
    for (std::size_t i = 0; i < table.num_rows(); ++i) {
        const auto width = static_cast<std::int64_t>(widths[i]);
        const auto [at, is_new] = place.try_emplace({widths[i], nodes[i], topics[i]}, rows.size());
        if (is_new) {
            rows.push_back(
                Json().add("width", width).add("node", nodes[i]).add("concept", topics[i]));
        }
        const OverSeeds here = found.find(width, nodes[i], topics[i], quantities[i]);
        rows[at->second].add(quantities[i], Json()
                                                .add("mean", here.mean.value)
                                                .add("low", here.mean.low)
                                                .add("high", here.mean.high)
                                                .add("seeds", here.seeds));
    }
    return Json::list(rows);
}

}  // namespace

void write_summary_json(const Findings& found, const fs::path& folder) {
    Json summary;
    summary.add("setting", found.setting())
        .add("seeds", found.summary.num_seeds())
        .add("widths", Json::list(found.widths()));
    if (const auto emerging = found.emerging()) {
        summary.add("emerging_concept",
                    Json().add("concept", emerging->topic).add("node", emerging->node));
    }
    summary.add("trainings", trainings_of(found.summary)).add("probes", probes_of(found, folder));
    lab::write_atomically(folder / "probe_summary.json", summary.text());
}

}  // namespace dualtape::circuit_emergence
