#include "experiments/analyses/probes/probe_tables.h"

#include <algorithm>
#include <cmath>

#include "engine/core/parallel.h"
#include "experiments/analyses/probes/concept_probes.h"
#include "experiments/analyses/probes/phase_scan.h"
#include "experiments/analyses/probes/probe_erasure.h"
#include "experiments/lab/interrupt.h"
#include "experiments/lab/table.h"

namespace dualtape::analyses {

namespace {

using Row = std::vector<lab::Cell>;

constexpr const char* kSelectivity[] = {"node",
                                        "concept",
                                        "selectivity",
                                        "selectivity_low",
                                        "selectivity_high",
                                        "balanced_selectivity",
                                        "balanced_selectivity_low",
                                        "balanced_selectivity_high"};
constexpr const char* kFourier[] = {"node",    "operand",      "frequency",         "r2",
                                    "wave_r2", "untrained_r2", "untrained_wave_r2", "note"};
constexpr const char* kErasure[] = {"node",  "concept", "direction",        "before",
                                    "after", "change",  "removed_variance", "note"};

std::vector<std::string> probe_columns() {
    std::vector<std::string> columns{"node", "concept",    "control",   "protocol",
                                     "n",    "prevalence", "base_rate", "is_rare"};
    for (const ScoreKind& score : analyses::kScoreKinds) {
        for (const char* end : {"", "_low", "_high"}) {
            columns.push_back(std::string(score.name) + end);
        }
    }
    for (const char* column : {"p_value_balanced_accuracy", "penalty", "num_unconverged",
                               "seen_in_training", "note", "p_value_roc_auc", "permutations"}) {
        columns.emplace_back(column);
    }
    return columns;
}

lab::Cell cell_of(double value) { return std::isnan(value) ? lab::Cell() : lab::Cell(value); }

// What a node has to say, in the order of its rows.
struct NodeProbes {
    std::vector<ConceptProbes> concepts;
    std::vector<PhaseScan> phases, untrained_phases;
};

Row probe_row(const lab::Labels& columns, const std::string& node, const std::string& name,
              const ProbeRow& probe, const ProbedPairs& pairs, std::int64_t permutations) {
    Row row = lab::labelled_row(columns, {node, name, probe.control, probe.protocol,
                                          pairs.operands.size(), cell_of(probe.balance.prevalence),
                                          probe.balance.base_rate, probe.balance.is_rare});
    for (const ScoreKind& score : analyses::kScoreKinds) {
        row.push_back(cell_of(probe.mean.*score.member));
        // An interval by Student's t may reach past what the score can be.
        for (const Scores* bound : {&probe.low, &probe.high}) {
            row.push_back(cell_of(std::clamp(bound->*score.member, score.least, score.most)));
        }
    }
    row.push_back(cell_of(probe.p_value_balanced_accuracy));
    row.push_back(cell_of(probe.penalty));
    row.push_back(probe.num_unconverged ? lab::Cell(*probe.num_unconverged) : lab::Cell());
    row.emplace_back(pairs.seen_in_training);
    row.emplace_back(probe.note);
    row.push_back(cell_of(probe.p_value_roc_auc));
    row.push_back(std::isnan(probe.p_value_balanced_accuracy) ? lab::Cell()
                                                              : lab::Cell(permutations));
    return row;
}

class Tables {
  public:
    Tables(const std::filesystem::path& folder, const ProbeSettings& settings,
           const lab::Labels& columns)
        : settings_(settings),
          probes_(writer(folder, 0, lab::labelled_columns(columns, probe_columns()))),
          selectivity_(writer(folder, 1, lab::labelled_columns(columns, kSelectivity))),
          fourier_(writer(folder, 2, lab::labelled_columns(columns, kFourier))),
          erasure_(writer(folder, 3, lab::labelled_columns(columns, kErasure))) {}

    void add(const lab::Labels& columns, const std::string& node,
             const std::vector<std::string>& concepts, const NodeProbes& found,
             const ProbedPairs& pairs) {
        for (std::size_t c = 0; c < concepts.size(); ++c) {
            for (const ProbeRow& row : found.concepts[c].rows) {
                probes_.add_row(
                    probe_row(columns, node, concepts[c], row, pairs, settings_.permutations));
            }
            if (!found.concepts[c].selectivity) continue;
            const auto& [difference, low, high] = *found.concepts[c].selectivity;
            selectivity_.add_row(lab::labelled_row(
                columns,
                {node, concepts[c], difference.accuracy, low.accuracy, high.accuracy,
                 difference.balanced_accuracy, low.balanced_accuracy, high.balanced_accuracy}));
        }
        for (std::size_t o = 0; o < found.phases.size(); ++o) {
            for (std::size_t k = 0; k < found.phases[o].r2.size(); ++k) {
                const PhaseScan* untrained =
                    found.untrained_phases.empty() ? nullptr : &found.untrained_phases[o];
                fourier_.add_row(lab::labelled_row(
                    columns, {node, settings_.fourier_operands[o], k + 1,
                              cell_of(found.phases[o].r2[k]), cell_of(found.phases[o].wave_r2[k]),
                              untrained != nullptr ? cell_of(untrained->r2[k]) : lab::Cell(),
                              untrained != nullptr ? cell_of(untrained->wave_r2[k]) : lab::Cell(),
                              found.phases[o].note}));
            }
        }
    }

    void add(const lab::Labels& columns, const ErasedNode& node) {
        for (std::size_t c = 0; c < node.concepts.size(); ++c) {
            const auto add_one = [&](const std::string& direction, const Erasure& erasure) {
                erasure_.add_row(lab::labelled_row(
                    columns, {node.node, settings_.concepts[c], direction, node.before,
                              cell_of(erasure.accuracy), cell_of(erasure.accuracy - node.before),
                              cell_of(erasure.removed_variance), erasure.note}));
            };
            add_one("probe", node.concepts[c]);
            for (std::size_t i = 0; i < node.random.size(); ++i) {
                add_one(std::to_string(i), node.random[i]);
            }
        }
    }

  private:
    static lab::TableWriter writer(const std::filesystem::path& folder, std::size_t which,
                                   std::vector<std::string> columns) {
        return {folder / probe_tables()[which], std::move(columns), lab::TableWriter::Mode::append};
    }

    const ProbeSettings& settings_;
    lab::TableWriter probes_, selectivity_, fourier_, erasure_;
};

// The values of the nodes before, and what was found there.
struct Earlier {
    std::vector<Mat<double>> values;
    std::vector<NodeProbes> found;
};

}  // namespace

const std::vector<std::string>& probe_tables() {
    static const std::vector<std::string> names{"probes.tsv", "probe_selectivity.tsv",
                                                "fourier_probes.tsv", "erasure.tsv"};
    return names;
}

void write_probe_tables(const std::filesystem::path& folder, const ProbeSettings& settings,
                        const std::vector<pairs::Snapshot>& snapshots) {
    if (snapshots.empty()) return;
    // Step 1. Pairs and nodes, the same for all snapshots.
    check_probe(settings, snapshots.back());
    const pairs::Snapshot& last = snapshots.back();
    const ProbedPairs pairs = choose_pairs(settings, *last.pairs);
    const std::vector<std::string> nodes = probed_nodes(settings, *last.network);
    Tables tables(folder, settings, last.columns());
    const auto values_at = [&](const pairs::Snapshot& snapshot, const Vec<double>& theta) {
        std::vector<Mat<double>> values;
        for (const std::string& node : nodes) {
            values.push_back(snapshot.network->read(theta, node, pairs.numbers));
        }
        return values;
    };

    Earlier earlier;
    for (const pairs::Snapshot& snapshot : snapshots) {
        // Step 2. What the network shows at the nodes.
        const bool is_last = &snapshot == &last;
        const std::vector<std::string>& concepts =
            is_last ? settings.concepts : settings.time_concepts;
        const std::vector<Mat<double>> values = values_at(snapshot, snapshot.theta);
        const std::vector<Mat<double>> untrained = is_last && settings.has_untrained
                                                       ? values_at(snapshot, snapshot.untrained)
                                                       : std::vector<Mat<double>>();

        // Step 3. Every concept, and the frequencies, of every node. Inputs that are the pair
        // itself do not change in the training and are not probed anew.
        std::vector<NodeProbes> found(nodes.size());
        std::vector<bool> is_known(nodes.size());
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            is_known[i] = !is_last && !earlier.values.empty() && earlier.values[i] == values[i];
            if (is_known[i]) found[i] = earlier.found[i];
            found[i].concepts.resize(concepts.size());
        }
        const Index tasks_per_node = std::ssize(concepts) + 1;
        parallel_for(
            snapshot.threads, std::ssize(nodes) * tasks_per_node, [&](Index task, int /*worker*/) {
                const auto i = static_cast<std::size_t>(task / tasks_per_node);
                const auto c = static_cast<std::size_t>(task % tasks_per_node);
                if (is_known[i] || lab::is_interrupted()) return;
                if (c < concepts.size()) {
                    found[i].concepts[c] =
                        probe_concept(values[i], untrained.empty() ? nullptr : &untrained[i],
                                      concepts[c], pairs, settings, snapshot.seed, is_last);
                    return;
                }
                found[i].phases = scan_phases(values[i], pairs, settings);
                if (!untrained.empty()) {
                    found[i].untrained_phases = scan_phases(untrained[i], pairs, settings);
                }
            });

        lab::throw_if_interrupted();

        // Step 4. Whether the network uses what was read.
        std::vector<ErasedNode> erased;
        if (is_last && settings.has_erasure) {
            erased = erase_probes(snapshot, nodes, values, pairs, settings);
        }

        // Step 5. The rows of the snapshot.
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            tables.add(snapshot.columns(), nodes[i], concepts, found[i], pairs);
        }
        for (const ErasedNode& node : erased) tables.add(snapshot.columns(), node);
        earlier = {values, std::move(found)};
    }
}

}  // namespace dualtape::analyses
