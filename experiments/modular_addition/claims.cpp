#include "experiments/modular_addition/claims.h"

#include <algorithm>
#include <cmath>

#include "experiments/report/cost.h"
#include "experiments/report/decisions.h"
#include "experiments/report/run_tables.h"

namespace dualtape::modular_addition {

namespace {

using lab::Claim;
using Found = ModularAdditionFindings;
using Verdict = lab::Claim::Verdict;

constexpr const char* kWhere = "README, code and conclusion";

std::string on_seeds(const Found& found) { return " [" + found.over_seeds.seeds() + "]"; }

// The claim with its verdict; without one where nothing was measured.
Claim judged(Claim claim, double measured, bool holds, const Found& found) {
    if (std::isnan(measured)) {
        claim.why = "not measured in this run";
        return report::within_reach(std::move(claim), found.setting);
    }
    claim.verdict = holds ? Verdict::reproduced : Verdict::not_reproduced;
    return report::within_reach(std::move(claim), found.setting);
}

Claim claim_of_size(const Found& found) {
    return report::within_reach(
        {.claim = "The model has 50 369 parameters",
         .where = kWhere,
         .stored = "its code builds 109 297; no setting that it names gives 50 369",
         .measured = std::to_string(found.num_parameters) + " in this run",
         .verdict = Verdict::contradicts_own_data},
        found.setting);
}

Claim claim_of_phases(const Found& found) {
    const report::Estimate memorised = found.over_seeds.estimate("t_mem");
    const report::Estimate generalised = found.over_seeds.estimate("t_gen");
    const double at = generalised.median / found.per_epoch;
    const bool holds = memorised.median / found.per_epoch <= 500 && at >= 500 && at <= 800;
    return judged(
        {.claim = "Memorisation in epochs 0 to 500, grokking in 500 to 800, stable afterwards",
         .where = kWhere,
         .stored = "train accuracy is never measured by its code",
         .measured = "train accuracy 0.99 from " + found.time("t_mem") +
                     ", test accuracy 0.95 from " + found.time("t_gen") + on_seeds(found)},
        at, holds, found);
}

Claim claim_of_top(const Found& found) {
    const report::Estimate change = found.top_change("5");
    return judged({.claim = "Ablating the top 5 neurons costs 20 to 40 % accuracy",
                   .where = kWhere,
                   .stored = "its own conclusion lists a cost of 0 for them, one by one",
                   .measured = "without the 5 most important neurons test accuracy changes by " +
                               report::text_of(change) + ", without 10 by " +
                               report::text_of(found.top_change("10")) + on_seeds(found)},
                  change.median, change.median <= -0.2 && change.median >= -0.4, found);
}

Claim claim_of_single(const Found& found) {
    const report::Estimate drop = found.ablation.estimate("largest_single_accuracy_drop",
                                                          {{"part", "test"}, {"mode", "zero"}});
    return judged({.claim = "Ablating a single neuron costs nothing",
                   .where = kWhere,
                   .stored = "0.0000 for each of the top neurons",
                   .measured = "the largest drop of test accuracy without one neuron is " +
                               report::text_of(drop) + on_seeds(found)},
                  drop.median, drop.median <= 0.01, found);
}

Claim claim_of_sparsity(const Found& found) {
    const report::Estimate most = found.circuit_size(0.99, "size"),
                           some = found.circuit_size(0.9, "size");
    return judged(
        {.claim = "5 to 10 neurons do most of the computation",
         .where = kWhere,
         .stored = "about 30 of 256 neurons have an importance of twice the mean or more",
         .measured = "greedy minimal circuits keep 99 % of the accuracy with " +
                     report::text_of(most) + " neurons and 90 % with " + report::text_of(some) +
                     ", random ones with " +
                     report::text_of(found.circuit_size(0.99, "random_size")) + " and " +
                     report::text_of(found.circuit_size(0.9, "random_size")) + on_seeds(found)},
        most.median, most.median <= 10, found);
}

Claim claim_of_fourier(const Found& found) {
    const report::Estimate share = found.fourier.estimate("explained_share");
    const std::vector<double> p = found.fourier.numbers("mean_fve_p_value");
    const double largest = p.empty() ? std::nan("") : *std::max_element(p.begin(), p.end());
    const std::vector<double> drawn = found.fourier.numbers("permutations");
    const auto keys = found.fourier.texts("keys");
    Claim claim{.claim = "The neurons show no Fourier structure: hypothesis rejected",
                .where = kWhere,
                .stored = "void: sums and activations come from different samples",
                .measured = "single frequencies explain 85 % of the variance or more of a share " +
                            report::text_of(share) +
                            " of the live neurons; key frequencies of the first "
                            "seed: " +
                            (keys.empty() || keys[0].empty() ? "none" : keys[0]) +
                            "; mean FVE against renamed tokens " +
                            report::p_value_in_words(largest, drawn.empty() ? 0 : drawn[0]) +
                            (p.size() > 1 ? ", the largest of the seeds" : "") + on_seeds(found)};
    // Any network will do to refute it; none can prove it.
    if (largest < 0.05) {
        claim.verdict = Verdict::not_reproduced;
        return report::within_reach(std::move(claim), found.setting, report::Reach::any_network);
    }
    return judged(std::move(claim), largest, true, found);
}

Claim claim_of_accuracy(const Found& found) {
    const report::Estimate accuracy = found.over_seeds.estimate("test_accuracy");
    return judged(
        {.claim = "100 % test accuracy",
         .where = kWhere,
         .stored = "1.0000",
         .measured = report::text_of(accuracy) + " on " + std::to_string(found.test_pairs) +
                     " held-out pairs" + on_seeds(found)},
        accuracy.median, accuracy.median >= 0.995, found);
}

Claim claim_of_time(const Found& found) {
    std::string measured = "not recorded";
    if (std::filesystem::exists(found.folder / "cost.tsv")) {
        for (const auto& [quantity, value] : report::read_cost(found.folder)) {
            if (quantity != report::kTrainingSeconds) continue;
            measured = value + " s for all trainings since this run was last started, side by side";
        }
    }
    return {.claim = "Training takes about an hour",
            .where = kWhere,
            .stored = "",
            .measured = measured,
            .why = "another machine and program"};
}

}  // namespace

std::vector<Claim> claims_of_modular_addition(const Found& found) {
    return {claim_of_size(found),     claim_of_phases(found),   claim_of_top(found),
            claim_of_single(found),   claim_of_sparsity(found), claim_of_fourier(found),
            claim_of_accuracy(found), claim_of_time(found)};
}

}  // namespace dualtape::modular_addition
