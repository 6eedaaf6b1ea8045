#include "experiments/analyses/probes/probe_settings.h"

#include <algorithm>

#include "experiments/analyses/probes/concepts.h"
#include "experiments/analyses/probes/probed_pairs.h"
#include "experiments/lab/errors.h"
#include "experiments/lab/options.h"
#include "experiments/lab/suggest.h"
#include "experiments/pairs/split.h"

namespace dualtape::analyses {

namespace {

constexpr const char* kPhases = "fourier_phase_";

// The concepts that logistic probes can read.
std::vector<std::string> words_with_labels() {
    std::vector<std::string> words;
    for (const std::string& word : analyses::concept_names()) {
        if (!word.starts_with(kPhases)) words.push_back(word);
    }
    return words;
}

void check_word(const std::string& option, const std::string& word,
                const std::vector<std::string>& known, const std::string& what) {
    if (std::find(known.begin(), known.end(), word) != known.end()) return;
    const std::string nearest = lab::nearest_word(word, known);
    throw lab::InputError(
        "--" + option + " " + word, "is no " + what,
        nearest.empty() ? "there are " + lab::join(known) : "did you mean \"" + nearest + "\"?");
}

void check_concepts(const std::string& option, const std::vector<std::string>& words) {
    for (const std::string& word : words) {
        if (word.starts_with(kPhases)) {
            throw lab::InputError("--" + option + " " + word,
                                  "has real values, which logistic probes cannot read",
                                  "--probe-fourier x,y,sum scans every frequency by ridge");
        }
        check_word(option, word, words_with_labels(), "concept");
    }
}

// Whether any concept has two classes on the pairs.
bool has_readable_concept(const ProbeSettings& settings, const Pairs& operands) {
    return std::any_of(settings.concepts.begin(), settings.concepts.end(),
                       [&](const std::string& word) {
                           const Concept made = analyses::make_concept(word, operands);
                           return !analyses::label_balance(made.labels, made.classes).has_one_class;
                       });
}

}  // namespace

void add_probe(lab::Options& options, ProbeSettings& to) {
    options.group("probe", "Probes");
    options.add("probe_nodes", to.nodes, "input, layers.0.pre, .., logits; empty: all")
        .may_be_empty()
        .distinct();
    options.add("probe_concepts", to.concepts, "what is read, with all controls, at the end")
        .may_be_empty()
        .distinct();
    options.add("probe_time_concepts", to.time_concepts, "what is read at earlier checkpoints")
        .may_be_empty()
        .distinct();
    options.add("probe_fourier", to.fourier_operands, "operands whose frequencies are scanned")
        .choices({"x", "y", "sum"})
        .may_be_empty()
        .distinct();
    options.add("probe_part", to.part, "pairs that are probed").choices({"test", "train", "all"});
    options.add("probe_fraction", to.fraction, "of all pairs, for runs without test pairs")
        .above(0)
        .at_most(1);
    options.add("probe_split_generator", to.split_generator, "order of which these are the last")
        .choices(pairs::split_generators());
    options.add("probe_split_seed", to.split_seed, "of that order")
        .range(0, static_cast<double>(lab::kLargestSeed));
    options.add("probe_folds", to.folds, "of the cross-validation").at_least(2);
    options.add("probe_repeats", to.repeats, "of the cross-validation, other folds").at_least(1);
    options.add("probe_groups", to.groups, "pairs that are held out together")
        .choices({"none", "orbit", "x", "y"});
    options.add("probe_penalties", to.penalties, "to choose from, inside the training folds")
        .above(0)
        .distinct();
    options.add("probe_standardise", to.is_standardised, "features, on the training folds");
    options.add("probe_permutations", to.permutations, "of the labels; 0: none").range(0, 1e5);
    options.add("probe_permuted", to.permuted_probe, "probe of permuted labels")
        .choices({"least_squares", "logistic"});
    options.add("probe_literal", to.has_literal, "also probes scored where they were fitted");
    options
        .add("probe_literal_iterations", to.literal_iterations,
             "most of them, of L-BFGS; published: 1000")
        .range(1, 1e6);
    options.add("probe_control_task", to.has_control_task, "random labels by type: selectivity");
    options.add("probe_untrained", to.has_untrained, "the network before its first step");
    options.add("probe_erasure", to.has_erasure, "task accuracy without the probe's direction");
    options.add("probe_random_directions", to.random_directions, "erased for comparison")
        .range(1, 1e4);
}

void check_probe(const ProbeSettings& settings, const pairs::Snapshot& snapshot) {
    for (const std::string& node : settings.nodes) {
        check_word("probe-nodes", node, snapshot.network->nodes(), "node of this network");
    }
    check_concepts("probe-concepts", settings.concepts);
    check_concepts("probe-time-concepts", settings.time_concepts);
    const ProbedPairs probed = choose_pairs(settings, *snapshot.pairs);
    if (std::ssize(probed.numbers) <= settings.folds) {
        throw lab::InputError("--probe-folds " + std::to_string(settings.folds),
                              "the " + std::to_string(probed.numbers.size()) + " pairs of part " +
                                  settings.part + " are too few for so many",
                              "choose fewer folds, another --probe-part, or a run with more pairs");
    }
    if (!settings.fourier_operands.empty() || has_readable_concept(settings, probed.operands)) {
        return;
    }
    throw lab::InputError("--probe-concepts " + lab::join(settings.concepts, ","),
                          "nothing is left to probe: each has one class on the probed pairs",
                          "add a concept, or an operand to --probe-fourier");
}

std::vector<std::string> probed_nodes(const ProbeSettings& settings,
                                      const pairs::PairNetwork& network) {
    if (settings.nodes.empty()) return network.nodes();
    std::vector<std::string> nodes;
    for (const std::string& node : network.nodes()) {
        if (std::find(settings.nodes.begin(), settings.nodes.end(), node) != settings.nodes.end()) {
            nodes.push_back(node);
        }
    }
    return nodes;
}

}  // namespace dualtape::analyses
