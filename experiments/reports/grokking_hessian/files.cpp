// Files that the trainings leave before anything is derived from them.

#include <span>

#include "experiments/lab/safetensors.h"
#include "experiments/lab/sha256.h"
#include "experiments/lab/task_tables.h"
#include "experiments/reports/grokking_hessian.h"
#include "experiments/reports/grokking_hessian/reference.h"

namespace dualtape::reports {

namespace {

namespace fs = std::filesystem;

template <class Value>
void add_tensor(lab::TensorFile& file, const std::string& name, const std::vector<Value>& values,
                std::int64_t columns) {
    std::vector<std::int64_t> shape{static_cast<std::int64_t>(values.size()) / columns};
    if (columns > 1) shape.push_back(columns);
    file.add<Value>(name, shape, std::span(values));
}

}  // namespace

std::vector<std::string> metrics_columns() {
    return {"depth",          "seed",          "step",          "train_loss", "test_loss",
            "train_accuracy", "test_accuracy", "gradient_norm", "theta_norm", "learning_rate"};
}

void write_data(lab::Run& run, const data::Task& task, const data::Split& split, std::uint64_t seed,
                bool is_first) {
    lab::TensorFile file;
    file.metadata["inputs"] =
        "integer pairs (a, b) of " + task.name + " modulo " + std::to_string(task.p);
    const auto add_part = [&](const std::string& part, const std::vector<std::int32_t>& samples) {
        std::vector<std::int32_t> inputs, targets;
        for (const std::int32_t sample : samples) {
            const auto s = static_cast<std::size_t>(sample);
            inputs.push_back(task.tokens[2 * s]);
            inputs.push_back(task.tokens[2 * s + 1]);
            targets.push_back(task.labels[s]);
        }
        add_tensor(file, part + ".inputs", inputs, 2);
        add_tensor(file, part + ".targets", targets, 1);
    };
    add_part("train", split.train);
    add_part("test", split.test);
    const std::string name = is_first ? "data" : "data-seed" + std::to_string(seed);
    lab::write_tensors(run.folder.file(name + ".safetensors"), file);
    run.manifest.add_dataset(name, task.size(), lab::sha256_hex(lab::encode_tensors(file)));
}

void add_parameter_counts(lab::Manifest& manifest, const models::MlpSettings& settings) {
    const std::string depth = "depth " + std::to_string(settings.depth);
    manifest.add_parameters(depth + ", d counts hidden layers", models::count_parameters(settings));
    manifest.add_parameters(depth + ", published formula with the same d",
                            published_formula(settings));
}

void join_task_tables(const lab::RunFolder& folder, const std::vector<std::string>& tasks) {
    for (const char* name : {"metrics.tsv", "curvature.tsv", "eigenvalues.tsv", "overlap.tsv"}) {
        std::vector<fs::path> parts;
        for (const std::string& task : tasks) parts.push_back(folder.task_file(task, name));
        lab::join_tables(parts, folder.file(name));
    }
    // Of curvature, what the settings ask for.
    for (const char* name : {"layers.tsv", "density_nodes.tsv", "density.tsv", "counts.tsv"}) {
        std::vector<fs::path> parts;
        for (const std::string& task : tasks) {
            const fs::path part = folder.task_file(task, name);
            if (fs::exists(part)) parts.push_back(part);
        }
        if (!parts.empty()) lab::join_tables(parts, folder.file(name));
    }
}

}  // namespace dualtape::reports
