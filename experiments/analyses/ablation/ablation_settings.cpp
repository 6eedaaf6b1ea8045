#include "experiments/analyses/ablation/ablation_settings.h"

#include <algorithm>

#include "engine/core/names.h"
#include "experiments/lab/errors.h"
#include "experiments/lab/suggest.h"

namespace dualtape::analyses {

namespace {

// Nodes whose units can be replaced.
std::vector<std::string> ablatable_nodes(const pairs::PairNetwork& network) {
    std::vector<std::string> nodes = network.nodes();
    nodes.pop_back();  // logits: nothing is computed from them
    if (network.settings().input != models::MlpInput::embedding) nodes.erase(nodes.begin());
    return nodes;
}

Index units_of(const pairs::Snapshot& snapshot, const std::string& node) {
    const models::MlpSettings& settings = snapshot.network->settings();
    return node == "input" ? 2 * settings.embedding_width : settings.width;
}

}  // namespace

void add_ablation(lab::Options& options, AblationSettings& settings) {
    options.group("ablation", "Ablation of hidden units");
    options.add("ablation_node", settings.node,
                "whose units are ablated: layers.0.post, layers.0.pre, .., and input of a network "
                "with embedding; empty: the last hidden layer after its activation");
    options
        .add("ablation_modes", settings.modes,
             "what takes the place of an activation; curves, pairs and circuits use the first")
        .choices({"zero", "mean", "resample"})
        .distinct();
    options
        .add("ablation_neurons", settings.neurons,
             "units ablated one by one and all together; empty: one by one, all")
        .may_be_empty()
        .at_least(0)
        .distinct();
    options
        .add("ablation_draws", settings.draws, "activations of other pairs, averaged, of resample")
        .range(1, 10000);
    options.add("ablation_bootstrap", settings.bootstrap, "resamples of an interval over pairs")
        .range(1, 1000000);
    options.add("ablation_orders", settings.orders, "random orders that curves are compared with")
        .range(1, 100000);
    options
        .add("ablation_pairs", settings.pairs, "most important units, ablated two by two; 0: none")
        .range(0, 65536);
    options.add("ablation_points", settings.points, "of a curve, from no unit to all")
        .range(2, 65537)
        .automatic("every number of units up to 256, else 100 numbers");
    options
        .add("importance", settings.importance,
             "that units are ranked by: mean |h|, variance of h, root mean square of what the "
             "unit writes to the logits, mean |h dL/dh|")
        .choices({"mean_magnitude", "variance", "logit_effect", "attribution_magnitude"});
    options
        .add("importance_sample", settings.importance_sample,
             "pairs drawn with replacement for the importance, at most p^2; 0: all")
        .at_least(0);
    options.add("ablation_every", settings.every,
                "all tables at every checkpoint; otherwise the summary, and all at the last");
}

std::string last_hidden(const pairs::Snapshot& snapshot) {
    return snapshot.network->hidden_nodes().back();
}

std::string ablated_node(const AblationSettings& settings, const pairs::Snapshot& snapshot) {
    return settings.node.empty() ? last_hidden(snapshot) : settings.node;
}

void check_ablation(const AblationSettings& settings, const pairs::Snapshot& snapshot) {
    const std::string node = ablated_node(settings, snapshot);
    const std::vector<std::string> nodes = ablatable_nodes(*snapshot.network);
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) {
        const std::string nearest = nearest_name(node, nodes, 4);
        throw lab::InputError("--ablation-node " + node, "no such node can be ablated",
                              nearest.empty() ? "choose one of " + lab::join(nodes)
                                              : "did you mean " + nearest + "?");
    }
    const Index units = units_of(snapshot, node);
    for (const std::int64_t unit : settings.neurons) {
        const std::string where = "--ablation-neurons " + std::to_string(unit);
        if (unit >= units) {
            throw lab::InputError(where,
                                  node + " has " + std::to_string(units) + " units, from 0 to " +
                                      std::to_string(units - 1),
                                  "choose among them, or leave the list empty for all");
        }
    }
    const Index p = snapshot.network->p();
    if (settings.importance_sample > p * p) {
        throw lab::InputError("--importance-sample " + std::to_string(settings.importance_sample),
                              "there are " + std::to_string(p * p) + " pairs",
                              "draw at most as many, or take all with 0");
    }
    const bool needs_readout =
        settings.importance == "logit_effect" || settings.importance == "attribution_magnitude";
    if (needs_readout && node != last_hidden(snapshot)) {
        throw lab::InputError("--importance " + settings.importance,
                              "is known of " + last_hidden(snapshot) + " alone, not of " + node,
                              "choose mean_magnitude or variance");
    }
}

}  // namespace dualtape::analyses
