#include "experiments/grokking_hessian/claims.h"

#include <algorithm>
#include <cmath>

#include "experiments/analyses/curvature/pair_words.h"
#include "experiments/grokking_hessian/reference.h"
#include "experiments/report/decisions.h"

namespace dualtape::grokking_hessian {

namespace {

using lab::Claim;
using Verdict = lab::Claim::Verdict;

constexpr const char* kWhere = "README and code, part 01";

Claim claim_of_growth(const Findings& found) {
    Claim claim{.claim = "The top eigenvalue of the Hessian increases with depth",
                .where = kWhere,
                .stored =
                    "falls with depth at step 0, rises with depth only after training, and "
                    "not in every pair of depths",
                .measured = "step 0: " + found.each("lambda_max_initial") +
                            ". Last step: " + found.each("lambda_max_final"),
                .why = "one depth"};
    if (found.depths().size() < 2) return claim;
    const auto initial = found.along("lambda_max_initial"), last = found.along("lambda_max_final");
    const report::Truth at_start = report::judge_rise(initial), at_end = report::judge_rise(last);
    if (at_start == report::Truth::fails || at_end == report::Truth::fails) {
        claim.verdict = Verdict::not_reproduced;
        claim.why = "";
    } else if (at_start == report::Truth::holds && at_end == report::Truth::holds) {
        claim.verdict = Verdict::reproduced;
        claim.why = "";
    } else {
        claim.verdict = Verdict::not_decided;
        claim.why = report::why_undecided(at_start == report::Truth::undecided ? initial : last);
    }
    return claim;
}

Claim claim_of_grokking(const Findings& found) {
    const auto classes = [&](std::int64_t depth) { return found.by_depth.classes(depth); };
    Claim claim{.claim = "Networks of depth 2 and 3 show classic grokking",
                .where = kWhere,
                .stored = "no grokking step at any stored depth",
                .measured = "step of 0.9 test accuracy: " + found.each("t_grok") +
                            ". Class: " + report::per_depth(found.depths(), classes),
                .why = "depths 2 and 3 were not both trained"};
    if (!found.has(2) || !found.has(3)) return claim;
    claim.verdict = found.by_depth.groks(2) || found.by_depth.groks(3) ? Verdict::reproduced
                                                                       : Verdict::not_reproduced;
    claim.why = "";
    return claim;
}

Claim claim_of_depth_two(const Findings& found) {
    Claim claim{.claim = "Only depth 2 reaches high test accuracy",
                .where = kWhere,
                .stored = "the best stored test accuracy, at depth 2, is far below 0.1",
                .measured = "best test accuracy: " + found.each("best_test_accuracy"),
                .why = "depth 2 and another one were not both trained"};
    if (!found.has(2) || found.depths().size() < 2) return claim;
    bool only = found.is_reached("t_gen", 2);
    for (const std::int64_t depth : found.depths()) {
        only = only && (depth == 2 || !found.is_reached("t_gen", depth));
    }
    claim.verdict = only ? Verdict::reproduced : Verdict::not_reproduced;
    claim.why = "";
    return claim;
}

Claim claim_of_overfitting(const Findings& found) {
    Claim claim{.claim = "Networks of depth 4 and more overfit",
                .where = kWhere,
                .stored =
                    "test loss far above that of a uniform guess at every depth, 1 to 3 "
                    "included",
                .measured = "train loss: " + found.each("train_loss", 4) +
                            "; test loss: " + found.each("test_loss", 4)};
    const double guess = std::log(found.settings.number("task", "p"));
    bool all = true, any = false;
    for (const std::int64_t depth : found.depths()) {
        if (depth < 4) continue;
        any = true;
        all = all && found.by_depth.median("test_loss", depth) > guess &&
              found.by_depth.median("train_loss", depth) < guess;
    }
    if (!any) {
        claim.measured = "–";
        claim.why = "no depth of 4 or more was trained";
        return claim;
    }
    claim.verdict = all ? Verdict::reproduced : Verdict::not_reproduced;
    return claim;
}

Claim claim_of_spectra(const Findings& found) {
    Claim claim{.claim = "Spectra cannot be computed beyond 2 to 3 layers",
                .where = kWhere,
                .stored =
                    "the spectra that were stored are of a matrix of zeros: the loss did not "
                    "depend on the vector that was differentiated",
                .measured = ""};
    const lab::Table& pairs = found.eigenvalues.table();
    std::int64_t deepest = 0;
    std::vector<std::size_t> all;
    for (const std::int64_t depth : found.depths()) {
        const auto rows = analyses::rows_where(pairs, "depth", static_cast<double>(depth));
        const analyses::EndCount top = analyses::count_pairs(pairs, rows).largest;
        if (top.pairs > 0 && top.converged == top.pairs) deepest = depth;
        all.insert(all.end(), rows.begin(), rows.end());
    }
    if (all.empty()) {
        claim.measured = "–";
        claim.why = "no eigenvalues in this run";
        return claim;
    }
    claim.measured = "at all visits, up to depth " + std::to_string(found.depths().back()) + ": " +
                     analyses::in_words(analyses::count_pairs(pairs, all));
    if (found.depths().back() > 3) {
        claim.verdict = deepest > 3 ? Verdict::not_reproduced : Verdict::reproduced;
    } else {
        claim.why = "no depth beyond 3 was trained";
    }
    return claim;
}

Claim claim_of_formula(const Findings& found) {
    models::MlpSettings settings;
    settings.input = models::MlpInput::raw;
    settings.width = static_cast<Index>(found.settings.number("model", "width"));
    settings.num_classes = static_cast<Index>(found.settings.number("task", "p"));
    settings.modulus = settings.num_classes;
    const auto counts = [&](std::int64_t depth) {
        settings.depth = depth;
        return std::to_string(models::count_parameters(settings)) + " counted, " +
               std::to_string(published_formula(settings)) + " by the formula";
    };
    return {.claim = "|theta| = 2h + h + (d-2)(h^{2}+h) + 97h + 97",
            .where = kWhere,
            .stored = "the code has d hidden layers; the formula counts all linear layers as d",
            .measured = "with raw inputs, " + report::per_depth(found.depths(), counts),
            .verdict = Verdict::contradicts_own_data};
}

// How many visits were checked against all eigenvalues of the matrix itself.
std::string dense_checks(const Findings& found) {
    std::size_t visits = 0, checked = 0;
    const bool is_measured = found.curvature.has_column("dense_difference");
    for (const std::int64_t depth : found.curvature.depths()) {
        for (const std::int64_t seed : found.curvature.seeds()) {
            visits += found.curvature.numbers("step", depth, seed).size();
            if (!is_measured) continue;
            for (const double of : found.curvature.numbers("dense_difference", depth, seed)) {
                checked += std::isnan(of) ? 0 : 1;
            }
        }
    }
    return std::to_string(checked) + " of the " + std::to_string(visits) + " visits of this run";
}

}  // namespace

std::vector<Claim> judge_claims(const Findings& found) {
    // What the published runs deny themselves contradicts them where it fails in their setting.
    const auto against_own_data = [&](Claim claim) {
        claim = report::within_reach(std::move(claim), found.setting);
        if (claim.verdict == Verdict::not_reproduced) claim.verdict = Verdict::contradicts_own_data;
        return claim;
    };
    return {
        against_own_data(claim_of_growth(found)),
        against_own_data(claim_of_grokking(found)),
        against_own_data(claim_of_depth_two(found)),
        report::within_reach(claim_of_overfitting(found), found.setting),
        report::within_reach(claim_of_spectra(found), found.setting, report::Reach::any_network),
        report::within_reach(claim_of_formula(found), found.setting)};
}

lab::ReportTable contradictions(const Findings& found) {
    return {
        .title = "Contradictions in the publication, and what is done here",
        .note = "",
        .columns = {"in the publication", "here"},
        .rows = {{"The parameter formula has a factor d - 2 while the code has d hidden layers",
                  "(d - 1) hidden-to-hidden layers; the manifest prints both conventions"},
                 {"Depths 2 and 3 are said to grok, but no stored run has a grokking step",
                  "recipe literal repeats the setting; recipe corrected supplies the "
                  "phenomenon"},
                 {"Spectra are said to break down beyond 2 to 3 layers",
                  "any size, by exact Hessian-vector products and Lanczos with residuals"},
                 {"The closure of the stored spectra copied parameters without gradient, so "
                  "its Hessian is zero",
                  "the dense Hessian of networks of up to dense_limit parameters checks Lanczos: "
                  "at " +
                      dense_checks(found)},
                 {"The top eigenvalue is said to increase with depth",
                  "start and end of training are reported apart: they behave differently"},
                 {"100 power iterations without a tolerance",
                  "the relative residual is stored beside the value, and a warning given "
                  "above 0.01"},
                 {"Curves against the number of the checkpoint",
                  "against the step; --x-axis index draws the former"},
                 {"The reference titled \"Learning Algorithmic Tasks by Tuning Gradient "
                  "Descent\"",
                  "believed to be Liu et al., Towards Understanding Grokking (unverified)"}}};
}

}  // namespace dualtape::grokking_hessian
