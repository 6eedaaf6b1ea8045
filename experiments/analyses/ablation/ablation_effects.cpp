#include "experiments/analyses/ablation/ablation_effects.h"

#include <algorithm>
#include <numeric>

#include "engine/core/indexing.h"
#include "experiments/analyses/ablation/ablation_pairs.h"
#include "experiments/analyses/ablation/minimal_circuit.h"

namespace dualtape::analyses {

namespace {

constexpr Index kAllPoints = 256, kManyPoints = 100;
// Of the accuracy of the whole network that a minimal circuit keeps.
const std::vector<double> kShares{0.99, 0.9};

std::vector<const PartAblation*> in_first_mode(const std::vector<PartAblation>& parts,
                                               const AblationSettings& settings) {
    std::vector<const PartAblation*> chosen;
    for (const PartAblation& part : parts) {
        if (part.mode() == settings.modes[0]) chosen.push_back(&part);
    }
    return chosen;
}

// One part in random orders.
struct RandomCurves {
    std::vector<AblationCurve> curves;
    AblationBand band;
};

RandomCurves random_curves(const AblatedNode& node, const PartAblation& part,
                           const AblationSettings& settings) {
    RandomCurves random;
    random.curves = analyses::random_ablation(
        part.readout(), analyses::all_counts(node.units()),
        {.orders = settings.orders, .seed = node.snapshot.seed, .threads = node.snapshot.threads});
    random.band = analyses::ablation_band(random.curves);
    return random;
}

// metric, metric_low, metric_high, ..
std::vector<std::string> curve_columns() {
    std::vector<std::string> columns{"mode", "part", "order", "num_ablated"};
    for (const std::string& metric : metric_columns()) {
        for (const char* end : {"", "_low", "_high"}) columns.push_back(metric + end);
    }
    return columns;
}

// One point of a curve; without a band, the cells of low and high stay empty.
std::vector<lab::Cell> band_cells(const AblationMetrics& middle, const AblationMetrics* low,
                                  const AblationMetrics* high) {
    std::vector<lab::Cell> cells;
    const std::vector<lab::Cell> values = cells_of(middle);
    for (std::size_t i = 0; i < values.size(); ++i) {
        cells.push_back(values[i]);
        cells.push_back(low == nullptr ? lab::Cell() : cells_of(*low)[i]);
        cells.push_back(high == nullptr ? lab::Cell() : cells_of(*high)[i]);
    }
    return cells;
}

void add_curve(lab::TableRows& rows, const PartAblation& part, const char* order,
               const AblationCurve& curve, const std::vector<Index>& counts) {
    for (std::size_t i = 0; i < curve.num_ablated.size(); ++i) {
        if (!std::binary_search(counts.begin(), counts.end(), curve.num_ablated[i])) continue;
        rows.add(joined<lab::Cell>({part.mode(), part.part(), order, curve.num_ablated[i]},
                                   band_cells(curve.metrics[i], nullptr, nullptr)));
    }
}

void add_band(lab::TableRows& rows, const PartAblation& part, const AblationBand& band,
              const std::vector<Index>& counts) {
    for (const Index count : counts) {
        rows.add(joined<lab::Cell>(
            {part.mode(), part.part(), "random", count},
            band_cells(band.median[at(count)], &band.low[at(count)], &band.high[at(count)])));
    }
}

void add_circuit(lab::TableRows& rows, const AblatedNode& node, const PartAblation& part,
                 const MinimalCircuit& circuit, const AblationCurve& greedy,
                 const AblationBand& random, bool is_chosen) {
    const auto ablated = at(node.units() - circuit.size());
    std::vector<lab::Cell> cells{part.mode(),
                                 circuit.share,
                                 "train",
                                 part.part(),
                                 circuit.size(),
                                 greedy.metrics[ablated].accuracy,
                                 greedy.metrics[ablated].loss,
                                 random.median[ablated].accuracy,
                                 random.low[ablated].accuracy,
                                 random.high[ablated].accuracy};
    // The rule that stops random orders belongs to the pairs on which the circuit was chosen.
    if (is_chosen) {
        cells.insert(cells.end(), {circuit.random_size, circuit.random_size_range.low,
                                   circuit.random_size_range.high});
    } else {
        cells.resize(cells.size() + 3);
    }
    cells.emplace_back(lab::words_of(circuit.units));
    rows.add(std::move(cells));
}

}  // namespace

std::vector<Index> curve_counts(Index units, std::int64_t points) {
    const Index wanted =
        lab::is_auto(points) ? (units <= kAllPoints ? units + 1 : kManyPoints) : Index{points};
    if (wanted > units) return analyses::all_counts(units);
    std::vector<Index> counts;
    for (Index i = 0; i < wanted; ++i) counts.push_back(i * units / (wanted - 1));
    return counts;
}

std::vector<SingleEffects> single_effects(const AblatedNode& node,
                                          const std::vector<PartAblation>& parts,
                                          const AblationSettings& settings) {
    std::vector<Index> units(settings.neurons.begin(), settings.neurons.end());
    if (units.empty()) {
        units.resize(at(node.units()));
        std::iota(units.begin(), units.end(), Index{0});
    }
    std::vector<SingleEffects> effects;
    for (const PartAblation& part : parts) {
        effects.push_back({part.part(), part.mode(), units, part.each(units)});
    }
    return effects;
}

lab::TableRows single_rows(const AblatedNode& node, const std::vector<SingleEffects>& effects) {
    lab::TableRows rows("ablation_single.tsv", node.columns(),
                        joined({"unit", "importance", "mode", "part"}, change_columns()));
    for (const SingleEffects& effect : effects) {
        for (std::size_t i = 0; i < effect.units.size(); ++i) {
            const Index unit = effect.units[i];
            rows.add(joined<lab::Cell>({unit, node.ranked_by(unit), effect.mode, effect.part},
                                       cells_of(effect.changes[i])));
        }
    }
    return rows;
}

std::vector<lab::TableRows> curve_rows(const AblatedNode& node,
                                       const std::vector<PartAblation>& parts,
                                       const AblationSettings& settings) {
    lab::TableRows curves("ablation_curves.tsv", node.columns(), curve_columns());
    const std::vector<Index> counts = curve_counts(node.units(), settings.points);
    const std::vector<const PartAblation*> of = in_first_mode(parts, settings);
    if (!node.is_read_out) {
        for (const PartAblation* part : of) {
            add_curve(curves, *part, "top", part->curve(node.order, counts), counts);
        }
        return {curves};
    }
    lab::TableRows circuits("minimal_circuit.tsv", node.columns(),
                            {"mode", "share", "chosen_on", "part", "size", "accuracy", "loss",
                             "random_accuracy", "random_accuracy_low", "random_accuracy_high",
                             "random_size", "random_size_low", "random_size_high", "units"});
    // Step 1. The path and its circuits, on the train pairs: the last part.
    const PartAblation& train = *of.back();
    const RandomCurves on_train = random_curves(node, train, settings);
    const GreedyPath path = analyses::greedy_ablation(train.readout(), node.snapshot.threads);
    const std::vector<MinimalCircuit> found =
        analyses::minimal_circuits(path, on_train.curves, kShares);
    // Step 2. Curves and circuits on every part.
    const std::vector<Index> all = analyses::all_counts(node.units());
    const std::vector<Index> bottom(node.order.rbegin(), node.order.rend());
    for (const PartAblation* part : of) {
        const bool is_train = part == &train;
        const RandomCurves random = is_train ? on_train : random_curves(node, *part, settings);
        const AblationCurve greedy = part->curve(path.order, all);
        add_curve(curves, *part, "top", part->curve(node.order, counts), counts);
        add_curve(curves, *part, "bottom", part->curve(bottom, counts), counts);
        add_band(curves, *part, random.band, counts);
        add_curve(curves, *part, "greedy", greedy, counts);
        for (const MinimalCircuit& circuit : found) {
            add_circuit(circuits, node, *part, circuit, greedy, random.band, is_train);
        }
    }
    return {curves, circuits};
}

std::vector<lab::TableRows> pair_rows(const AblatedNode& node,
                                      const std::vector<PartAblation>& parts,
                                      const AblationSettings& settings) {
    if (!node.is_read_out || settings.pairs == 0) return {};
    std::vector<std::string> columns{"mode", "part", "first", "second"};
    for (const char* kind : {"_change", "_interaction"}) {
        for (const std::string& metric : metric_columns()) columns.push_back(metric + kind);
    }
    lab::TableRows rows("ablation_pairs.tsv", node.columns(), columns);
    for (const PartAblation* part : in_first_mode(parts, settings)) {
        for (const PairAblation& pair : analyses::ablate_pairs(
                 part->readout(), node.top(settings.pairs), node.snapshot.threads)) {
            rows.add(joined(joined<lab::Cell>({part->mode(), part->part(), pair.first, pair.second},
                                              cells_of(pair.change)),
                            cells_of(pair.interaction)));
        }
    }
    return {rows};
}

}  // namespace dualtape::analyses
