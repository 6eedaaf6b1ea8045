#include "experiments/analyses/ablation/ablated_node.h"

#include <algorithm>

#include "engine/core/check.h"
#include "engine/core/indexing.h"
#include "engine/kernels/softmax.h"
#include "experiments/analyses/ablation/logit_ablation.h"
#include "experiments/analyses/ablation/node_ablation.h"
#include "experiments/lab/errors.h"

namespace dualtape::analyses {

namespace {

Mat<double> columns_of(const Mat<double>& matrix, const std::vector<std::int32_t>& columns) {
    Mat<double> chosen(matrix.rows(), static_cast<Index>(columns.size()));
    for (Index i = 0; i < chosen.cols(); ++i) chosen.col(i) = matrix.col(columns[at(i)]);
    return chosen;
}

std::vector<std::int32_t> labels_of(const pairs::PairTable& table,
                                    const std::vector<std::int32_t>& pairs) {
    std::vector<std::int32_t> labels;
    for (const std::int32_t pair : pairs) labels.push_back(table.labels[at(pair)]);
    return labels;
}

Readout readout_of(const pairs::Snapshot& snapshot) {
    return analyses::output_layer<double>(snapshot.network->parameters(), snapshot.theta);
}

// dL/dh of every pair's own loss L: W' (softmax(W h + b) - onehot(label)), units x pairs.
Mat<double> adjoints_of(const Readout& readout, const Mat<double>& hidden,
                        const std::vector<std::int32_t>& labels) {
    const Mat<double> logits = (readout.weight * hidden).colwise() + readout.bias;
    Mat<double> errors(logits.rows(), logits.cols());
    kernels::softmax(errors.data(), logits.data(), logits.rows(), logits.cols());
    for (Index i = 0; i < errors.cols(); ++i) errors(labels[at(i)], i) -= 1;
    return readout.weight.transpose() * errors;
}

const Vec<double>& measure_named(const Importance& importance, const std::string& name) {
    if (name == "variance") return importance.variance;
    if (name == "logit_effect") return importance.logit_effect;
    if (name == "attribution_magnitude") return importance.attribution_magnitude;
    return importance.mean_magnitude;
}

// Where each pair stands among those that exist.
std::vector<std::int32_t> places_of(const std::vector<std::int32_t>& pairs,
                                    const std::vector<std::int32_t>& existing) {
    std::vector<std::int32_t> places;
    for (const std::int32_t pair : pairs) {
        const auto found = std::lower_bound(existing.begin(), existing.end(), pair);
        places.push_back(static_cast<std::int32_t>(found - existing.begin()));
    }
    return places;
}

Replacement replacement_of(const std::string& mode, const AblatedNode& node,
                           const std::vector<std::int32_t>& pairs, Index draws) {
    const auto samples = static_cast<Index>(pairs.size());
    if (mode == "zero") return analyses::replace_by_zero(node.units(), samples);
    const Mat<double> pool = columns_of(node.grid, node.existing);
    if (mode == "mean") return analyses::replace_by_mean(pool, samples);
    return analyses::replace_by_resampling(pool, samples, places_of(pairs, node.existing),
                                           {.draws = draws, .seed = node.snapshot.seed});
}

}  // namespace

AblatedNode::AblatedNode(const pairs::Snapshot& of, const AblationSettings& settings)
    : snapshot(of), name(ablated_node(settings, of)), is_read_out(name == last_hidden(of)) {
    const std::vector<std::int32_t> all = of.network->all_pairs();
    grid = of.network->read(of.theta, name, all);
    if (!grid.allFinite() || !of.network->read(of.theta, "logits", all).allFinite()) {
        throw lab::InputError("step " + std::to_string(of.step),
                              "activations of the network are not finite",
                              "take an earlier checkpoint", lab::InputError::Kind::run);
    }
    for (const std::int32_t pair : all) {
        if (of.pairs->labels[at(pair)] >= 0) existing.push_back(pair);
    }
    std::vector<std::int32_t> measured = existing;
    if (settings.importance_sample > 0) {
        measured.clear();
        for (const std::int32_t place : analyses::importance_sample(
                 static_cast<Index>(existing.size()), settings.importance_sample, of.seed)) {
            measured.push_back(existing[at(place)]);
        }
    }
    const Mat<double> hidden = columns_of(grid, measured);
    if (is_read_out) {
        const Readout readout = readout_of(of);
        importance = analyses::measure_importance(
            hidden, readout.weight, adjoints_of(readout, hidden, labels_of(*of.pairs, measured)));
    } else {
        importance = analyses::measure_importance(hidden, Mat<double>::Zero(1, units()), {});
        importance.logit_effect.resize(0);
    }
    ranked_by = measure_named(importance, settings.importance);
    order = analyses::ranking(ranked_by);
}

lab::Labels AblatedNode::columns() const {
    lab::Labels all = snapshot.columns();
    all.emplace_back("node", name);
    return all;
}

std::vector<Index> AblatedNode::top(Index count) const {
    return {order.begin(), order.begin() + std::min(count, units())};
}

statistics::BootstrapSettings bootstrap_of(const pairs::Snapshot& snapshot,
                                           const AblationSettings& settings) {
    return {.resamples = settings.bootstrap, .seed = snapshot.seed, .threads = snapshot.threads};
}

PartAblation::PartAblation(const AblatedNode& node, const AblationSettings& settings,
                           std::string part, std::string mode)
    : node_(node),
      part_(std::move(part)),
      mode_(std::move(mode)),
      pairs_(part_ == "test" ? node.snapshot.pairs->test : node.snapshot.pairs->train),
      bootstrap_(bootstrap_of(node.snapshot, settings)) {
    if (node.is_read_out) ablation_.readout = readout_of(node.snapshot);
    ablation_.hidden = columns_of(node.grid, pairs_);
    ablation_.labels = labels_of(*node.snapshot.pairs, pairs_);
    ablation_.replacement = replacement_of(mode_, node, pairs_, settings.draws);
}

const ReadoutAblation& PartAblation::readout() const {
    DUALTAPE_CHECK(node_.is_read_out, ==, true);
    return ablation_;
}

Mat<double> PartAblation::logits(std::span<const Index> units, Index draw) const {
    if (node_.is_read_out) return analyses::ablated_logits(ablation_, units, draw);
    Mat<double> values = ablation_.hidden;
    for (const Index unit : units) {
        for (Index i = 0; i < values.cols(); ++i) {
            values(unit, i) = ablation_.replacement.value(unit, i, draw);
        }
    }
    return node_.snapshot.network->logits_from(node_.snapshot.theta, node_.name, values, pairs_);
}

std::vector<AblationChange> PartAblation::sets(const std::vector<std::vector<Index>>& sets) const {
    if (node_.is_read_out) return analyses::ablate_sets(ablation_, sets, bootstrap_);
    return analyses::logit_changes(
        {.clean = logits({}, 0),
         .labels = ablation_.labels,
         .sets = static_cast<Index>(sets.size()),
         .draws = ablation_.replacement.draws(),
         .ablated = [&](Index set, Index draw) { return logits(sets[at(set)], draw); }},
        bootstrap_);
}

AblationMetrics PartAblation::metrics(const std::vector<Index>& units) const {
    return analyses::logit_metrics(
        {.clean = logits({}, 0),
         .labels = ablation_.labels,
         .sets = 1,
         .draws = ablation_.replacement.draws(),
         .ablated = [&](Index, Index draw) { return logits(units, draw); }},
        node_.snapshot.threads)[0];
}

std::vector<AblationChange> PartAblation::each(const std::vector<Index>& units) const {
    std::vector<AblationChange> chosen;
    if (node_.is_read_out) {
        const std::vector<AblationChange> all = analyses::ablate_each(ablation_, bootstrap_);
        for (const Index unit : units) chosen.push_back(all[at(unit)]);
        return chosen;
    }
    std::vector<std::vector<Index>> singles;
    for (const Index unit : units) singles.push_back({unit});
    return sets(singles);
}

AblationCurve PartAblation::curve(const std::vector<Index>& order,
                                  const std::vector<Index>& counts) const {
    if (node_.is_read_out) {
        return analyses::cumulative_ablation(ablation_, order, counts, node_.snapshot.threads);
    }
    const auto first = [&](Index set) { return std::span(order).first(at(counts[at(set)])); };
    return {counts,
            analyses::logit_metrics(
                {.clean = logits({}, 0),
                 .labels = ablation_.labels,
                 .sets = static_cast<Index>(counts.size()),
                 .draws = ablation_.replacement.draws(),
                 .ablated = [&](Index set, Index draw) { return logits(first(set), draw); }},
                node_.snapshot.threads)};
}

std::vector<PartAblation> open_parts(const AblatedNode& node, const AblationSettings& settings) {
    std::vector<PartAblation> parts;
    for (const char* part : {"test", "train"}) {
        const pairs::PairTable& pairs = *node.snapshot.pairs;
        if ((std::string(part) == "test" ? pairs.test : pairs.train).empty()) continue;
        for (const std::string& mode : settings.modes) {
            parts.emplace_back(node, settings, part, mode);
        }
    }
    return parts;
}

}  // namespace dualtape::analyses
