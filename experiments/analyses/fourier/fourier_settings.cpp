#include "experiments/analyses/fourier/fourier_settings.h"

#include <algorithm>

#include "engine/core/names.h"
#include "experiments/lab/errors.h"

namespace dualtape::analyses {

namespace {

KeyRule rule_of(const std::string& word) {
    if (word == "embedding") return KeyRule::embedding;
    return word == "output" ? KeyRule::output : KeyRule::neurons;
}

// Every operation but subtraction is symmetric in its operands or no function of a - b.
Combination label_of(const std::string& operation) {
    return operation == "sub" ? Combination::difference : Combination::sum;
}

// Hidden layers before and after their activation.
std::vector<std::string> hidden_nodes(const pairs::PairNetwork& network) {
    std::vector<std::string> nodes = network.nodes();
    std::erase(nodes, "input");
    std::erase(nodes, "logits");
    return nodes;
}

std::string node_of(const std::string& word, const pairs::PairNetwork& network) {
    if (word == "last") return network.hidden_nodes().back();
    return word == "first" ? network.hidden_nodes().front() : word;
}

}  // namespace

void add_fourier(lab::Options& options, FourierSettings& settings) {
    options.group("fourier", "Fourier");
    options
        .add("key_rule", settings.key_rule,
             "what makes a frequency a key: enough neurons with it, or its norm in the table of "
             "tokens or in the output map")
        .choices({"neurons", "embedding", "output"});
    options
        .add("keys_from", settings.keys_from,
             "whose keys restricted and excluded loss use: those of the final checkpoint, or of "
             "each its own")
        .choices({"final", "each"});
    options.add("fourier_node", settings.node,
                "neurons: first, last (after the activation), or a node such as layers.0.pre");
    options
        .add("combination", settings.combination,
             "directions of a key: waves of a + b, of a - b, or of all of them and of a and b "
             "(block); auto: a - b for sub, a + b otherwise")
        .choices({"auto", "sum", "difference", "block"});
    options
        .add("fve_threshold", settings.fve_threshold,
             "share of a neuron's variance that makes a frequency its own")
        .above(0)
        .at_most(1);
    options
        .add("correlation_threshold", settings.correlation_threshold,
             "|r| of a neuron with a wave that counts")
        .range(0, 1);
    options
        .add("fourier_permutations", settings.permutations,
             "of the tokens, for p-values and noise floors; 0: none")
        .range(0, 1e6);
    options.add("floor_level", settings.floor_level, "quantile of the permutations: noise floor")
        .range(0.5, 0.9999);
    options
        .add("fourier_detail", settings.detail,
             "checkpoints whose frequencies, neurons and correlations are listed")
        .choices({"final", "each"});
}

void check_fourier(const FourierSettings& settings, const pairs::Snapshot& snapshot) {
    const pairs::PairNetwork& network = *snapshot.network;
    if (network.p() < 3) {
        throw lab::InputError("p = " + std::to_string(network.p()),
                              "Fourier analysis needs a modulus of at least 3",
                              "give a run with more tokens");
    }
    const std::vector<std::string> nodes = hidden_nodes(network);
    const std::string node = node_of(settings.node, network);
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) {
        const std::string nearest = nearest_name(node, nodes, 4);
        std::string all;
        for (const std::string& name : nodes) all += ", " + name;
        throw lab::InputError(
            "--fourier-node " + settings.node, "is no hidden node of this network",
            nearest.empty() ? "there are first, last" + all : "did you mean " + nearest + "?");
    }
    if (rule_of(settings.key_rule) == KeyRule::embedding &&
        network.settings().input == models::MlpInput::raw) {
        throw lab::InputError("--key-rule embedding",
                              "a network on raw integers has no table of tokens",
                              "take --key-rule neurons or output");
    }
    if (rule_of(settings.key_rule) == KeyRule::output &&
        network.settings().num_classes != network.p()) {
        throw lab::InputError("--key-rule output",
                              "the " + std::to_string(network.settings().num_classes) +
                                  " classes are not numbers modulo " + std::to_string(network.p()),
                              "take --key-rule neurons or embedding");
    }
}

FourierChoice choose(const FourierSettings& settings, const pairs::Snapshot& snapshot) {
    FourierChoice choice;
    choice.node = node_of(settings.node, *snapshot.network);
    choice.key_rule = rule_of(settings.key_rule);
    choice.label = label_of(snapshot.operation);
    if (settings.combination == "sum") choice.label = Combination::sum;
    if (settings.combination == "difference") choice.label = Combination::difference;
    choice.combination = settings.combination == "block" ? Combination::block : choice.label;
    return choice;
}

std::string combination_word(Combination combination) {
    if (combination == Combination::sum) return "sum";
    return combination == Combination::difference ? "difference" : "block";
}

}  // namespace dualtape::analyses
