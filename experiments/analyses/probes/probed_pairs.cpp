#include "experiments/analyses/probes/probed_pairs.h"

#include <algorithm>

#include "experiments/analyses/probes/folds.h"
#include "experiments/pairs/split.h"

namespace dualtape::analyses {

namespace {

std::vector<std::int32_t> all_of(const pairs::PairTable& table) {
    std::vector<std::int32_t> pairs;
    for (std::size_t pair = 0; pair < table.labels.size(); ++pair) {
        if (table.labels[pair] >= 0) pairs.push_back(static_cast<std::int32_t>(pair));
    }
    return pairs;
}

// What data::make_split would leave for testing, with a train fraction of 1 - fraction.
std::vector<std::int32_t> probe_split(const ProbeSettings& settings,
                                      const pairs::PairTable& table) {
    const std::vector<std::int32_t> pairs = all_of(table);
    const std::vector<std::int32_t> order = pairs::permutation(
        pairs.size(), settings.split_generator, static_cast<std::uint64_t>(settings.split_seed));
    const auto rest =
        static_cast<std::size_t>((1 - settings.fraction) * static_cast<double>(pairs.size()));
    std::vector<std::int32_t> chosen;
    for (std::size_t i = rest; i < order.size(); ++i) {
        chosen.push_back(pairs[static_cast<std::size_t>(order[i])]);
    }
    return chosen;
}

std::vector<std::int32_t> part_of(const ProbeSettings& settings, const pairs::PairTable& table) {
    if (settings.part == "train") return table.train;
    if (settings.part == "all") return all_of(table);
    return table.test.empty() ? probe_split(settings, table) : table.test;
}

}  // namespace

ProbedPairs choose_pairs(const ProbeSettings& settings, const pairs::PairTable& table) {
    ProbedPairs chosen;
    chosen.numbers = part_of(settings, table);
    const auto p = static_cast<std::int32_t>(table.p);
    chosen.operands.p = p;
    for (const std::int32_t pair : chosen.numbers) {
        chosen.operands.x.push_back(pair / p);
        chosen.operands.y.push_back(pair % p);
    }
    chosen.groups = analyses::groups_by(settings.groups, chosen.operands);
    std::vector<bool> is_trained(table.labels.size());
    for (const std::int32_t pair : table.train) is_trained[static_cast<std::size_t>(pair)] = true;
    chosen.seen_in_training =
        std::any_of(chosen.numbers.begin(), chosen.numbers.end(),
                    [&](std::int32_t pair) { return is_trained[static_cast<std::size_t>(pair)]; });
    return chosen;
}

}  // namespace dualtape::analyses
