#include "experiments/analyses/probes/probe_erasure.h"

#include <stdexcept>

#include "engine/core/parallel.h"
#include "experiments/analyses/probes/concept_probes.h"
#include "experiments/analyses/probes/erasure.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

double task_accuracy(In<Mat<double>> logits, const pairs::Snapshot& snapshot,
                     const std::vector<std::int32_t>& pairs) {
    std::vector<std::int32_t> answers, labels;
    for (Index i = 0; i < logits.cols(); ++i) {
        Index best = 0;
        logits.col(i).maxCoeff(&best);
        answers.push_back(static_cast<std::int32_t>(best));
        const auto pair = static_cast<std::size_t>(pairs[static_cast<std::size_t>(i)]);
        labels.push_back(snapshot.pairs->labels[pair]);
    }
    return analyses::accuracy(answers, labels);
}

Erasure erase(const pairs::Snapshot& snapshot, const std::string& node, const Mat<double>& values,
              const ProbedPairs& pairs, const Mat<double>& direction) {
    const Mat<double> erased = analyses::erase_directions(values, direction);
    const Mat<double> logits =
        snapshot.network->logits_from(snapshot.theta, node, erased, pairs.numbers);
    return {.accuracy = task_accuracy(logits, snapshot, pairs.numbers),
            .removed_variance = analyses::removed_variance(values, erased)};
}

// Along the probe of a concept; noted where there is no probe to erase.
Erasure erase_concept(const pairs::Snapshot& snapshot, const std::string& node,
                      const Mat<double>& values, const ProbedPairs& pairs, const std::string& name,
                      const ProbeSettings& settings) {
    const auto none = [](const std::string& why) {
        return Erasure{statistics::kNan, statistics::kNan, "not erased: " + why};
    };
    const Concept labelled = analyses::make_concept(name, pairs.operands);
    if (labelled.classes > 2) return none("a probe of many classes has many directions");
    try {
        const FittedProbe fitted = analyses::fit_probe(values, labelled.labels, pairs.groups,
                                                       protocol_of(settings, snapshot.seed));
        return erase(snapshot, node, values, pairs, fitted.probe.weights);
    } catch (const std::invalid_argument& error) {
        return none(error.what());
    }
}

bool can_replace(const pairs::PairNetwork& network, const std::string& node) {
    return node != "input" || network.settings().input == models::MlpInput::embedding;
}

}  // namespace

std::vector<ErasedNode> erase_probes(const pairs::Snapshot& snapshot,
                                     const std::vector<std::string>& nodes,
                                     const std::vector<Mat<double>>& values,
                                     const ProbedPairs& pairs, const ProbeSettings& settings) {
    const double before = task_accuracy(
        snapshot.network->read(snapshot.theta, "logits", pairs.numbers), snapshot, pairs.numbers);
    std::vector<ErasedNode> erased;
    std::vector<std::size_t> place;  // in nodes, of each of them
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (!can_replace(*snapshot.network, nodes[i]) || !values[i].allFinite()) continue;
        erased.push_back(
            {.node = nodes[i],
             .before = before,
             .concepts = std::vector<Erasure>(settings.concepts.size()),
             .random = std::vector<Erasure>(static_cast<std::size_t>(settings.random_directions))});
        place.push_back(i);
    }
    const auto num_concepts = static_cast<Index>(settings.concepts.size());
    const Index tasks_per_node = num_concepts + settings.random_directions;
    parallel_for(
        snapshot.threads, std::ssize(erased) * tasks_per_node, [&](Index task, int /*worker*/) {
            const auto at = static_cast<std::size_t>(task / tasks_per_node);
            const Index which = task % tasks_per_node;
            const Mat<double>& features = values[place[at]];
            if (which < num_concepts) {
                const auto c = static_cast<std::size_t>(which);
                erased[at].concepts[c] = erase_concept(snapshot, erased[at].node, features, pairs,
                                                       settings.concepts[c], settings);
            } else {
                const Mat<double> directions = analyses::random_directions(
                    features.rows(), settings.random_directions, snapshot.seed);
                erased[at].random[static_cast<std::size_t>(which - num_concepts)] =
                    erase(snapshot, erased[at].node, features, pairs,
                          directions.col(which - num_concepts));
            }
        });
    return erased;
}

}  // namespace dualtape::analyses
