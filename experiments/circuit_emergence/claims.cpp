#include "experiments/circuit_emergence/claims.h"

#include <algorithm>

#include "experiments/analyses/probes/probe_words.h"
#include "experiments/circuit_emergence/reference.h"
#include "experiments/report/decisions.h"

namespace dualtape::circuit_emergence {

namespace {

using lab::Claim;
using Verdict = lab::Claim::Verdict;

constexpr const char* kWhere = "README and code, part 02";
constexpr const char* kTopic = "x_even";

// Of the claim that a concept is read better in one place than in another. Means that differ surely
// by less than the tolerance of the published numbers refute it as well.
void judge_gain(Claim& claim, const report::Estimate& higher, const report::Estimate& lower) {
    const bool has_seeds = std::min(higher.seeds, lower.seeds) >= report::kSeedsForOrder;
    if (report::is_surely_above(higher, lower)) {
        claim.verdict = Verdict::reproduced;
    } else if (report::is_surely_above(lower, higher) ||
               (has_seeds && higher.high - lower.low < kTolerance)) {
        claim.verdict = Verdict::not_reproduced;
    } else {
        claim.verdict = Verdict::not_decided;
        claim.why = report::why_undecided({lower, higher});
    }
}

// The layer that the publication puts last, and the first after the input.
bool has_layers(const Findings& found) {
    const auto& nodes = found.rows.nodes;
    return found.is_probed(kTopic) &&
           std::find(nodes.begin(), nodes.end(), "logits") != nodes.end() &&
           std::find(nodes.begin(), nodes.end(), "layers.0.pre") != nodes.end();
}

Claim claim_of_width(const Findings& found) {
    Claim claim{.claim = "The concept becomes easier to decode as width grows",
                .where = kWhere,
                .stored =
                    "at pre 2 the stored accuracy falls from width 32 on, at pre 1 it is that of "
                    "the two integers at every width; all are at most 3.4 points above it, on "
                    "the pairs that the probe was fitted to",
                .measured = "–",
                .why = "not probed in this run"};
    if (!has_layers(found)) return claim;
    claim.why = "one width";
    claim.measured = "x is even, held out, at logits: " + found.each("logits", kTopic, "accuracy") +
                     "; commonest class: " + found.each("logits", kTopic, "base_rate");
    if (found.widths().size() < 2) return claim;
    const auto at = [&](std::int64_t width) {
        return found.estimate(width, "logits", kTopic, "accuracy");
    };
    claim.why = "";
    judge_gain(claim, at(found.widths().back()), at(found.widths().front()));
    return claim;
}

Claim claim_of_layers(const Findings& found) {
    Claim claim{.claim = "The concept emerges in deeper layers",
                .where = kWhere,
                .stored =
                    "logits at most 3.4 points above pre 1, on the pairs that the probe was "
                    "fitted to; no held-out pairs, no shuffled labels",
                .measured = "–",
                .why = "not probed in this run"};
    if (!has_layers(found)) return claim;
    claim.why = "";
    const std::int64_t widest = found.widths().back();
    claim.measured = "x is even, held out, at width " + std::to_string(widest) + ": ";
    for (const std::string& node : found.rows.nodes) {
        claim.measured += (node == found.rows.nodes.front() ? "" : "; ") +
                          analyses::node_label(node) + " " +
                          found.by_width.text(widest, node, kTopic, "accuracy");
    }
    claim.measured += " [" + found.seeds() + "]";
    judge_gain(claim, found.estimate(widest, "logits", kTopic, "accuracy"),
               found.estimate(widest, "layers.0.pre", kTopic, "accuracy"));
    return claim;
}

Claim claim_of_figures(const Findings& found) {
    return {.claim = "The figures of probe accuracy by layer show the concept emerging",
            .where = "figures of part 02",
            .stored =
                "they are drawn from uniform random numbers between 0.5 and 1, for four layers "
                "where the code probes three",
            .measured = found.is_probed()
                            ? "every figure is drawn from the tables of this run: " +
                                  std::to_string(found.rows.nodes.size()) + " layers, " +
                                  std::to_string(found.rows.scores.size()) + " probes"
                            : "not probed in this run",
            .verdict = Verdict::contradicts_own_data};
}

Claim claim_of_split(const Findings& found) {
    const double share = found.settings.number("task", "train_fraction");
    return {
        .claim = "Training pairs are split off by the declared share",
        .where = "README and parameters, part 02",
        .stored = "the trainer takes all 9409 pairs, so that the probed ones have been seen",
        .measured = "train share " + report::readable(share) + "; probed: " + found.probed_pairs(),
        .verdict = Verdict::contradicts_own_data};
}

}  // namespace

std::vector<Claim> judge_claims(const Findings& found) {
    std::vector<Claim> claims{claim_of_width(found), claim_of_layers(found),
                              claim_of_figures(found), claim_of_split(found)};
    for (Claim& claim : claims) claim = report::within_reach(std::move(claim), found.judged);
    return claims;
}

lab::ReportTable contradictions() {
    return {
        .title = "Contradictions in the publication, and what is done here",
        .note = "",
        .columns = {"in the publication", "here"},
        .rows = {
            {"The data card has a binary target, the model card one class per residue",
             "the task is x + y with one class per residue; concepts are asked apart from it, and "
             "\"sum is zero\" is both a task (operation binary_zero) and a concept"},
            {"\"Split by train fraction\", but trained with fraction 1",
             "recipe literal trains on all pairs and says that the probed ones were seen; the "
             "others train on the declared share alone"},
            {"Split seed 42 in the parameters, 0 where the trainer calls the routine",
             "both are settings: split_seed of the training, probe_split_seed of the probed pairs "
             "where a run trains on all"},
            {"Steps, learning rate, widths and depth of the parameter file are partly ignored",
             "one resolved config.toml; an unknown or unused key is an error"},
            {"Figures by layer from random numbers, with four layers",
             "measured values; a test compares figures and tables"},
            {"Probe accuracy on the pairs that the probe was fitted to",
             "reported as the literal protocol; the finding is held out"},
            {"Progress measures are cited as by Liu, Olsson, Hilton and Ganguli",
             "they are by Nanda, Chan, Lieberum, Smith and Steinhardt, ICLR 2023, "
             "arXiv 2301.05217"},
            {"Only x mod 2 and x = y are implemented",
             "the concepts of analysis/probes/concepts.h; x = y, true for one pair in p, by "
             "balanced accuracy"}}};
}

}  // namespace dualtape::circuit_emergence
