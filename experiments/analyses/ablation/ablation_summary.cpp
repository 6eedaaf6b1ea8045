#include "experiments/analyses/ablation/ablation_summary.h"

#include "engine/core/indexing.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

// A row: fact, part, mode, value, low, high, units, note.
void add_fact(lab::TableRows& rows, const std::string& fact, const std::string& part, double value,
              const std::string& note = "") {
    rows.add({fact, part, "", value, {}, {}, "", note});
}

void add_estimate(lab::TableRows& rows, const std::string& fact, const std::string& part,
                  const std::string& mode, const Estimate& estimate,
                  const std::vector<Index>& units) {
    rows.add({fact, part, mode, estimate.value, estimate.interval.low, estimate.interval.high,
              lab::words_of(units), ""});
}

void add_importance(lab::TableRows& rows, const AblatedNode& node,
                    const AblationSettings& settings) {
    const Vec<double>& values = node.ranked_by;
    const std::string note =
        settings.importance +
        (settings.importance_sample == 0
             ? " over all pairs"
             : " over " + std::to_string(settings.importance_sample) + " pairs drawn");
    add_fact(rows, "units", "", static_cast<double>(node.units()));
    add_fact(rows, "importance_mean", "", values.mean(), note);
    add_fact(rows, "importance_largest", "", values.maxCoeff(), note);
    add_fact(rows, "importance_gini", "", statistics::gini(values), note);
    add_fact(rows, "importance_share_above_twice_mean", "", analyses::share_above_mean(values),
             note);
}

void add_clean(lab::TableRows& rows, const AblatedNode& node, const AblationSettings& settings) {
    for (const char* part : {"test", "train"}) {
        const pairs::PairTable& pairs = *node.snapshot.pairs;
        if ((std::string(part) == "test" ? pairs.test : pairs.train).empty()) {
            add_fact(rows, "clean_accuracy", part, statistics::kNan,
                     std::string("the split has no ") + part + " pairs");
            continue;
        }
        const PartAblation at_zero(node, settings, part, "zero");
        const AblationMetrics clean = at_zero.metrics({});
        const AblationMetrics none = at_zero.metrics(node.order);
        add_fact(rows, "clean_accuracy", part, clean.accuracy);
        add_fact(rows, "clean_loss", part, clean.loss);
        add_fact(rows, "all_zero_accuracy", part, none.accuracy);
        add_fact(rows, "all_zero_loss", part, none.loss);
    }
}

// A drop from a change; 0 and not -0 for none.
Estimate negated(const Estimate& estimate) {
    return {0 - estimate.value, {0 - estimate.interval.high, 0 - estimate.interval.low}};
}

}  // namespace

lab::TableRows summary_rows(const AblatedNode& node, const std::vector<PartAblation>& parts,
                            const AblationSettings& settings) {
    lab::TableRows rows("ablation_summary.tsv", node.columns(),
                        {"fact", "part", "mode", "value", "low", "high", "units", "note"});
    add_importance(rows, node, settings);
    add_clean(rows, node, settings);
    std::vector<std::string> names{"top_5", "top_10"};
    std::vector<std::vector<Index>> sets{node.top(5), node.top(10)};
    if (!settings.neurons.empty()) {
        names.emplace_back("listed");
        sets.emplace_back(settings.neurons.begin(), settings.neurons.end());
    }
    for (const PartAblation& part : parts) {
        const std::vector<AblationChange> changes = part.sets(sets);
        for (std::size_t i = 0; i < sets.size(); ++i) {
            add_estimate(rows, names[i] + "_accuracy_change", part.part(), part.mode(),
                         changes[i].accuracy, sets[i]);
            add_estimate(rows, names[i] + "_loss_change", part.part(), part.mode(), changes[i].loss,
                         sets[i]);
        }
    }
    return rows;
}

void add_single_facts(lab::TableRows& rows, const std::vector<SingleEffects>& effects) {
    for (const SingleEffects& effect : effects) {
        std::size_t drop = 0, rise = 0;
        for (std::size_t i = 1; i < effect.units.size(); ++i) {
            if (effect.changes[i].accuracy.value < effect.changes[drop].accuracy.value) drop = i;
            if (effect.changes[i].loss.value > effect.changes[rise].loss.value) rise = i;
        }
        add_estimate(rows, "largest_single_accuracy_drop", effect.part, effect.mode,
                     negated(effect.changes[drop].accuracy), {effect.units[drop]});
        add_estimate(rows, "largest_single_loss_rise", effect.part, effect.mode,
                     effect.changes[rise].loss, {effect.units[rise]});
    }
}

void add_cluster_facts(lab::TableRows& rows, const ClusterRows& clusters) {
    add_fact(rows, "clusters", "", static_cast<double>(clusters.num_clusters),
             clusters.clusters_note);
    add_fact(rows, "embedding_frequencies", "", static_cast<double>(clusters.num_frequencies),
             clusters.frequencies_note);
}

void add_node_note(lab::TableRows& rows, const AblatedNode& node) {
    add_fact(rows, "clusters", "", 0,
             "no pairs, circuits and clusters: " + node.name +
                 " is not read out linearly; they need the last hidden layer");
}

}  // namespace dualtape::analyses
