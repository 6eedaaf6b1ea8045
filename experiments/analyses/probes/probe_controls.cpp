#include "experiments/analyses/probes/probe_controls.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>

#include "engine/core/parallel.h"
#include "engine/kernels/random.h"
#include "experiments/analyses/probes/least_squares_probe.h"
#include "experiments/analyses/probes/probe_folds.h"

namespace dualtape::analyses {

namespace {

// Samples of each group, by increasing number.
std::vector<std::vector<Index>> members_of(std::span<const std::int32_t> groups) {
    std::map<std::int32_t, std::vector<Index>> by_number;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        by_number[groups[i]].push_back(static_cast<Index>(i));
    }
    std::vector<std::vector<Index>> members;
    for (auto& [number, samples] : by_number) members.push_back(std::move(samples));
    return members;
}

// The blocks of samples that exchange labels: groups where each has one label, else samples.
std::vector<std::vector<Index>> exchangeable_blocks(std::span<const std::int32_t> labels,
                                                    std::span<const std::int32_t> groups) {
    std::vector<std::vector<Index>> blocks = members_of(groups);
    const bool is_constant =
        !groups.empty() && std::all_of(blocks.begin(), blocks.end(), [&](const auto& block) {
            return std::all_of(block.begin(), block.end(), [&](Index i) {
                return labels[static_cast<std::size_t>(i)] ==
                       labels[static_cast<std::size_t>(block[0])];
            });
        });
    if (is_constant) return blocks;
    blocks.clear();
    for (Index i = 0; i < static_cast<Index>(labels.size()); ++i) blocks.push_back({i});
    return blocks;
}

std::vector<std::int32_t> permuted_labels(std::span<const std::int32_t> labels,
                                          const std::vector<std::vector<Index>>& blocks,
                                          const Folds& folds, kernels::Stream& stream) {
    std::vector<std::int32_t> result(labels.size());
    for (Index which = 0; which < folds.count; ++which) {
        std::vector<std::size_t> inside;
        for (std::size_t b = 0; b < blocks.size(); ++b) {
            if (folds.fold[static_cast<std::size_t>(blocks[b][0])] == which) inside.push_back(b);
        }
        std::vector<std::size_t> donors = inside;
        stream.shuffle(std::span(donors));
        for (std::size_t i = 0; i < inside.size(); ++i) {
            const std::int32_t label = labels[static_cast<std::size_t>(blocks[donors[i]][0])];
            for (const Index sample : blocks[inside[i]]) {
                result[static_cast<std::size_t>(sample)] = label;
            }
        }
    }
    return result;
}

}  // namespace

PermutationControl permute_labels(In<Mat<double>> features, std::span<const std::int32_t> labels,
                                  std::span<const std::int32_t> groups,
                                  const ProbeProtocol& settings, Index permutations,
                                  PermutedProbe probe) {
    check_probe(features, labels.size(), groups.size(), settings);
    if (permutations < 1) {
        throw std::invalid_argument("permuted labels: " + std::to_string(permutations) +
                                    " permutations; use 1 or more");
    }
    // Step 1. Labels: the true ones, then each permutation.
    const Folds folds = make_folds(labels, groups, settings.folds, {settings.seed, "folds", 0});
    const std::vector<std::vector<Index>> blocks = exchangeable_blocks(labels, groups);
    std::vector<std::vector<std::int32_t>> all{{labels.begin(), labels.end()}};
    for (Index i = 0; i < permutations; ++i) {
        kernels::Stream stream(settings.seed, "permuted labels", static_cast<std::uint64_t>(i));
        all.push_back(permuted_labels(labels, blocks, folds, stream));
    }

    // Step 2. Every fold of each: label set by label set, its folds in order.
    std::vector<FoldResult> results(static_cast<std::size_t>((permutations + 1) * folds.count));
    const auto at = [&](std::size_t set, Index fold) -> FoldResult& {
        return results[set * static_cast<std::size_t>(folds.count) +
                       static_cast<std::size_t>(fold)];
    };
    const auto fit_one = [&](Index task, int) {
        const auto set = static_cast<std::size_t>(task / folds.count);
        at(set, task % folds.count) =
            run_fold(features, all[set], groups, folds, task % folds.count, 0, settings);
    };
    const auto fit_all = [&](Index fold, int) {
        const std::vector<Scores> scores = score_least_squares(features, all, folds.training(fold),
                                                               folds.held_out(fold), settings);
        for (std::size_t set = 0; set < scores.size(); ++set) at(set, fold).scores = scores[set];
    };
    const int threads = resolve_threads(settings.threads);
    if (probe == PermutedProbe::logistic) {
        parallel_for(threads, static_cast<Index>(results.size()), fit_one);
    } else {
        parallel_for(threads, folds.count, fit_all);
    }

    // Step 3. Means and p-values. What scores equal but for rounding scores as high.
    PermutationControl control;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto first = results.begin() + static_cast<std::ptrdiff_t>(i) * folds.count;
        const Scores mean = collect_folds({first, first + folds.count}, folds.count).summary.mean;
        if (i == 0) {
            control.observed = mean;
        } else {
            control.permuted.push_back(mean);
        }
    }
    for (const ScoreKind& score : kScoreKinds) {
        double sum = 0, as_high = 1;
        for (const Scores& permuted : control.permuted) {
            sum += permuted.*score.member;
            as_high += permuted.*score.member >= control.observed.*score.member - 1e-12 ? 1 : 0;
        }
        const auto count = static_cast<double>(permutations);
        control.mean.*score.member = sum / count;
        control.p_value.*score.member = std::isnan(sum) ? sum : as_high / (1 + count);
    }
    return control;
}

std::vector<std::int32_t> control_labels(std::span<const std::int32_t> labels,
                                         std::span<const std::int32_t> types, std::uint64_t seed,
                                         std::uint64_t repeat) {
    const std::vector<std::vector<Index>> members = members_of(types);
    const auto count = static_cast<Index>(members.size());
    if (count < 2) {
        throw std::invalid_argument("control task: " + std::to_string(count) +
                                    " input types; random labels need 2 or more");
    }
    const double share = label_balance(labels).prevalence;
    const Index positives = std::clamp<Index>(
        static_cast<Index>(std::lround(share * static_cast<double>(count))), 1, count - 1);
    kernels::Stream stream(seed, "control task", repeat);
    const std::vector<Index> order = stream.permutation(count);
    std::vector<std::int32_t> result(labels.size());
    for (Index i = 0; i < positives; ++i) {
        for (const Index sample :
             members[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]) {
            result[static_cast<std::size_t>(sample)] = 1;
        }
    }
    return result;
}

ProbeResult run_control_task(In<Mat<double>> features, std::span<const std::int32_t> labels,
                             std::span<const std::int32_t> types,
                             std::span<const std::int32_t> groups, const ProbeProtocol& settings) {
    check_probe(features, labels.size(), groups.size(), settings);
    check_probe(features, types.size(), groups.size(), settings);
    std::vector<std::vector<std::int32_t>> random;
    std::vector<Folds> repeats;
    for (std::uint64_t r = 0; r < static_cast<std::uint64_t>(settings.repeats); ++r) {
        random.push_back(control_labels(labels, types, settings.seed, r));
        repeats.push_back(
            make_folds(random.back(), groups, settings.folds, {settings.seed, "folds", r}));
    }
    std::vector<FoldResult> folds(static_cast<std::size_t>(settings.repeats * settings.folds));
    parallel_for(
        resolve_threads(settings.threads), static_cast<Index>(folds.size()), [&](Index task, int) {
            const auto r = static_cast<std::size_t>(task / settings.folds);
            folds[static_cast<std::size_t>(task)] = run_fold(
                features, random[r], groups, repeats[r], task % settings.folds, r, settings);
        });
    ProbeResult result = collect_folds(folds, settings.folds);
    result.balance = label_balance(random[0]);
    return result;
}

Selectivity selectivity(const ProbeResult& concept_result, const ProbeResult& control) {
    Selectivity result;
    for (const ScoreKind& score : kScoreKinds) {
        const auto at = score.member;
        const double difference = concept_result.summary.mean.*at - control.summary.mean.*at;
        const double half =
            std::hypot(concept_result.summary.mean.*at - concept_result.summary.low.*at,
                       control.summary.mean.*at - control.summary.low.*at);
        result.difference.*at = difference;
        result.low.*at = difference - half;
        result.high.*at = difference + half;
    }
    return result;
}

}  // namespace dualtape::analyses
