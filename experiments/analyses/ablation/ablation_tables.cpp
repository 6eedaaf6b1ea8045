#include "experiments/analyses/ablation/ablation_tables.h"

#include "experiments/analyses/ablation/ablation_clusters.h"
#include "experiments/analyses/ablation/ablation_effects.h"
#include "experiments/analyses/ablation/ablation_summary.h"
#include "experiments/analyses/ablation/ablation_units.h"
#include "experiments/lab/interrupt.h"

namespace dualtape::analyses {

namespace {

std::vector<lab::TableRows> measure(const AblationSettings& settings,
                                    const pairs::Snapshot& snapshot, bool is_full) {
    // Step 1. The node, and its units in order of importance.
    const AblatedNode node(snapshot, settings);
    const std::vector<PartAblation> parts = open_parts(node, settings);
    lab::TableRows summary = summary_rows(node, parts, settings);
    if (!is_full) return {summary};
    // Step 2. What the units do.
    std::vector<lab::TableRows> tables{neuron_rows(node, settings), profile_rows(node),
                                       map_rows(node)};
    // Step 3. What is lost without them.
    lab::throw_if_interrupted();
    const std::vector<SingleEffects> singles = single_effects(node, parts, settings);
    tables.push_back(single_rows(node, singles));
    lab::throw_if_interrupted();
    tables = joined(tables, curve_rows(node, parts, settings));
    lab::throw_if_interrupted();
    tables = joined(tables, pair_rows(node, parts, settings));
    add_single_facts(summary, singles);
    if (node.is_read_out) {
        const ClusterRows clusters = cluster_rows(node, parts, settings);
        tables.push_back(clusters.table);
        add_cluster_facts(summary, clusters);
    } else {
        add_node_note(summary, node);
    }
    tables.push_back(summary);
    return tables;
}

}  // namespace

const std::vector<std::string>& ablation_tables() {
    static const std::vector<std::string> names{
        "ablation_summary.tsv", "neurons.tsv",         "activation_profiles.tsv",
        "activation_maps.tsv",  "ablation_single.tsv", "ablation_curves.tsv",
        "minimal_circuit.tsv",  "ablation_pairs.tsv",  "ablation_clusters.tsv"};
    return names;
}

void write_ablation_tables(const std::filesystem::path& folder, const AblationSettings& settings,
                           const std::vector<pairs::Snapshot>& snapshots) {
    if (!snapshots.empty()) check_ablation(settings, snapshots.back());
    for (const pairs::Snapshot& snapshot : snapshots) {
        lab::throw_if_interrupted();
        const bool is_last = &snapshot == &snapshots.back();
        for (const lab::TableRows& table : measure(settings, snapshot, is_last || settings.every)) {
            table.append_to(folder);
        }
    }
}

}  // namespace dualtape::analyses
