#include "experiments/analyses/ablation/ablation_clusters.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "engine/core/indexing.h"
#include "experiments/analyses/ablation/logit_ablation.h"
#include "experiments/analyses/fourier/fourier_neurons.h"

namespace dualtape::analyses {

namespace {

// Where the embedding lies in theta: features x tokens, column-major.
struct Table {
    Index start = 0, features = 0, tokens = 0;
};

Table embedding_of(const pairs::Snapshot& snapshot) {
    Table table;
    for (const models::ParameterInfo& parameter : snapshot.network->parameters()) {
        if (parameter.is_table) return {table.start, parameter.rows, parameter.cols};
        table.start += parameter.rows * parameter.cols;
    }
    throw std::invalid_argument("the network has no embedding whose frequencies could be removed");
}

// Rows of the basis that belong to the frequencies.
Mat<double> waves_of(const FourierBasis& basis, const std::vector<Index>& frequencies) {
    analyses::check_frequencies(basis, frequencies, "embedding");
    std::vector<Index> rows;
    for (const Index k : frequencies) {
        rows.push_back(FourierBasis::cosine_row(k));
        if (!basis.is_nyquist(k)) rows.push_back(FourierBasis::sine_row(k));
    }
    Mat<double> waves(static_cast<Index>(rows.size()), basis.p);
    for (Index i = 0; i < waves.rows(); ++i) waves.row(i) = basis.rows.row(rows[at(i)]);
    return waves;
}

// A row of the table, of units or of frequencies.
void add_row(lab::TableRows& rows, const char* kind, const std::vector<Index>& frequencies,
             const std::vector<Index>& units, const std::string& mode, const std::string& part,
             const char* subset, const AblationChange& change) {
    rows.add(joined<lab::Cell>(
        joined<lab::Cell>({kind, lab::words_of(frequencies), units.size(), mode, part, subset},
                          cells_of(change)),
        {lab::words_of(units)}));
}

std::vector<Index> complement(const std::vector<Index>& units, Index count) {
    std::vector<Index> others;
    for (Index unit = 0; unit < count; ++unit) {
        if (std::find(units.begin(), units.end(), unit) == units.end()) others.push_back(unit);
    }
    return others;
}

void add_units(lab::TableRows& rows, const AblatedNode& node,
               const std::vector<PartAblation>& parts,
               const std::vector<std::vector<Index>>& frequencies,
               const std::vector<std::vector<Index>>& units) {
    std::vector<std::vector<Index>> sets = units;
    for (const std::vector<Index>& cluster : units) {
        sets.push_back(complement(cluster, node.units()));
    }
    for (const PartAblation& part : parts) {
        const std::vector<AblationChange> changes = part.sets(sets);
        for (std::size_t i = 0; i < sets.size(); ++i) {
            const std::size_t cluster = i % units.size();
            add_row(rows, "neurons", frequencies[cluster], units[cluster], part.mode(), part.part(),
                    i < units.size() ? "removed" : "kept", changes[i]);
        }
    }
}

void add_embedding(lab::TableRows& rows, const AblatedNode& node,
                   const std::vector<PartAblation>& parts,
                   const std::vector<std::vector<Index>>& frequencies,
                   const AblationSettings& settings) {
    const pairs::Snapshot& snapshot = node.snapshot;
    const auto count = static_cast<Index>(frequencies.size());
    for (const PartAblation& part : parts) {
        if (part.mode() != settings.modes[0]) continue;  // a projection is a mode of its own
        const auto logits_at = [&](const Vec<double>& theta) {
            return snapshot.network->read(theta, "logits", part.pairs());
        };
        std::vector<std::int32_t> labels;
        for (const std::int32_t pair : part.pairs()) {
            labels.push_back(snapshot.pairs->labels[at(pair)]);
        }
        const std::vector<AblationChange> changes = analyses::logit_changes(
            {.clean = logits_at(snapshot.theta),
             .labels = labels,
             .sets = 2 * count,
             .draws = 1,
             .ablated =
                 [&](Index set, Index) {
                     const std::vector<Index>& of = frequencies[at(set % count)];
                     return logits_at(set < count ? without_frequencies(snapshot, of)
                                                  : with_only_frequencies(snapshot, of));
                 }},
            bootstrap_of(snapshot, settings));
        for (Index set = 0; set < 2 * count; ++set) {
            add_row(rows, "embedding", frequencies[at(set % count)], {}, "projection", part.part(),
                    set < count ? "removed" : "kept", changes[at(set)]);
        }
    }
}

}  // namespace

Vec<double> without_frequencies(const pairs::Snapshot& snapshot,
                                const std::vector<Index>& frequencies) {
    const Table table = embedding_of(snapshot);
    const FourierBasis basis = analyses::make_fourier_basis(table.tokens);
    const Mat<double> waves = waves_of(basis, frequencies);
    Vec<double> theta = snapshot.theta;
    Eigen::Map<Mat<double>> values(theta.data() + table.start, table.features, table.tokens);
    const Mat<double> coefficients = values * waves.transpose();
    values -= coefficients * waves;
    return theta;
}

Vec<double> with_only_frequencies(const pairs::Snapshot& snapshot,
                                  const std::vector<Index>& frequencies) {
    std::vector<Index> others;
    for (Index k = 1; k <= snapshot.network->p() / 2; ++k) {
        if (std::find(frequencies.begin(), frequencies.end(), k) == frequencies.end()) {
            others.push_back(k);
        }
    }
    return without_frequencies(snapshot, others);
}

ClusterRows cluster_rows(const AblatedNode& node, const std::vector<PartAblation>& parts,
                         const AblationSettings& settings) {
    ClusterRows result{lab::TableRows(
        "ablation_clusters.tsv", node.columns(),
        joined(
            joined({"kind", "frequency", "num_units", "mode", "part", "subset"}, change_columns()),
            {"units"}))};
    const pairs::Snapshot& snapshot = node.snapshot;
    if (!snapshot.pairs->is_whole() || snapshot.operation.starts_with("s5")) {
        result.clusters_note = result.frequencies_note =
            "no ablation by frequency: the operation " + snapshot.operation +
            " does not live on the grid of all pairs modulo p";
        return result;
    }
    // Step 1. Frequencies, each by itself, and their clusters of units.
    std::vector<std::vector<Index>> frequencies, clustered, units;
    for (Index k = 1; k <= snapshot.pairs->p / 2; ++k) frequencies.push_back({k});
    const FourierBasis basis = analyses::make_fourier_basis(snapshot.pairs->p);
    const auto found = analyses::cluster_by_frequency(
        basis, analyses::neuron_frequencies(basis, node.grid, snapshot.threads));
    for (const FrequencyCluster& cluster : found.clusters) {
        clustered.push_back({cluster.frequency});
        units.push_back(cluster.neurons);
    }
    result.num_clusters = static_cast<Index>(clustered.size());
    // Step 2. All clusters together.
    if (clustered.size() > 1) {
        std::vector<Index> all_frequencies, all_units;
        for (std::size_t i = 0; i < clustered.size(); ++i) {
            all_frequencies = joined(all_frequencies, clustered[i]);
            all_units = joined(all_units, units[i]);
        }
        std::sort(all_units.begin(), all_units.end());
        clustered.push_back(all_frequencies);
        units.push_back(all_units);
        frequencies.push_back(all_frequencies);
    }
    // Step 3. Ablations.
    if (!clustered.empty()) {
        add_units(result.table, node, parts, clustered, units);
    } else {
        result.clusters_note = "no cluster: no unit has 0.85 of its variance at one frequency";
    }
    if (snapshot.network->settings().input == models::MlpInput::embedding) {
        result.num_frequencies = snapshot.pairs->p / 2;
        add_embedding(result.table, node, parts, frequencies, settings);
    } else {
        result.frequencies_note = "no frequencies of an embedding: the network has none";
    }
    return result;
}

}  // namespace dualtape::analyses
