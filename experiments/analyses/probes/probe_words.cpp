#include "experiments/analyses/probes/probe_words.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>

#include "experiments/report/estimates.h"

namespace dualtape::analyses {

std::string node_label(const std::string& node) {
    constexpr std::string_view kLayers = "layers.";
    const std::size_t dot = node.rfind('.');
    if (!node.starts_with(kLayers) || dot < kLayers.size()) return node;
    int layer = 0;
    const auto read = std::from_chars(node.data() + kLayers.size(), node.data() + dot, layer);
    if (read.ec != std::errc() || read.ptr != node.data() + dot) return node;
    return node.substr(dot + 1) + " " + std::to_string(layer + 1);
}

lab::Axis category_axis(const std::string& label, const std::vector<std::string>& categories) {
    lab::Axis axis{
        .label = label, .min = -0.5, .max = static_cast<double>(categories.size()) - 0.5};
    for (std::size_t i = 0; i < categories.size(); ++i) {
        axis.ticks.push_back({static_cast<double>(i), categories[i]});
    }
    return axis;
}

std::vector<double> positions(std::size_t count) {
    std::vector<double> x;
    for (std::size_t i = 0; i < count; ++i) x.push_back(static_cast<double>(i));
    return x;
}

std::string subtitle_of(const std::string& setting, const report::SnapshotTable& table,
                        std::size_t family) {
    const std::string& name = table.families()[family];
    const std::size_t seeds = table.num_seeds(family);
    return setting + (name.empty() ? "" : ", " + name) +
           (seeds == 1 ? ", one seed" : ", " + std::to_string(seeds) + " seeds");
}

std::string caption_start(const report::SnapshotTable& table, std::size_t family) {
    if (table.families().size() == 1) return "";
    std::string name = table.families()[family];
    if (!name.empty())
        name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
    return name + ": ";
}

std::string interval_words(const report::SnapshotTable& table, std::size_t family) {
    const std::size_t seeds = table.num_seeds(family);
    return seeds == 1 ? "95 % intervals over folds, one seed"
                      : "medians over " + std::to_string(seeds) + " seeds with their " +
                            report::interval_name(static_cast<double>(seeds));
}

std::string family_stem(const std::string& stem, const report::SnapshotTable& table,
                        std::size_t family) {
    return table.families().size() == 1 ? stem : stem + "_" + table.stem(family);
}

std::string score_of(const report::SnapshotTable& probes, const std::string& name) {
    for (std::size_t family = 0; family < probes.families().size(); ++family) {
        for (const std::size_t row : probes.rows(family, {{"concept", name}})) {
            return probes.number(row, "is_rare") != 0 ? "balanced_accuracy" : "accuracy";
        }
    }
    return "accuracy";
}

std::string score_label(const std::string& score) {
    std::string label = score;
    std::replace(label.begin(), label.end(), '_', ' ');
    return label;
}

std::vector<std::string> headline_concepts(const report::SnapshotTable& probes) {
    constexpr std::size_t kMost = 3;
    std::vector<std::string> names;
    for (std::size_t family = 0; family < probes.families().size(); ++family) {
        for (const std::size_t row : probes.last_rows(family, {{"control", "none"}})) {
            const std::string& name = probes.text(row, "concept");
            if (names.size() < kMost && std::find(names.begin(), names.end(), name) == names.end())
                names.push_back(name);
        }
    }
    return names;
}

}  // namespace dualtape::analyses
