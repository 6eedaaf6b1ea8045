#include "experiments/analyses/probes/folds.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>

#include "engine/kernels/random.h"
#include "experiments/lab/require.h"

namespace dualtape::analyses {

namespace {

void check_count(Index count) {
    lab::require(count >= 2, "folds: " + std::to_string(count) + "; use 2 or more");
}

// A class must be in every fold, held out or not: else scores of that class do not exist.
void check_class(Index members, std::size_t label, Index count, const std::string& what) {
    lab::require(members == 0 || members >= count,
                 "folds: class " + std::to_string(label) + " has " + std::to_string(members) + " " +
                     what + " for " + std::to_string(count) +
                     " folds; use fewer folds, or probe more samples");
}

struct Group {
    std::vector<Index> samples;
    std::vector<double> of_class;  // samples of each class
};

// Groups in increasing order of their number.
std::vector<Group> collect(std::span<const std::int32_t> groups,
                           std::span<const std::int32_t> labels, Index classes) {
    std::map<std::int32_t, Group> by_number;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        Group& group = by_number[groups[i]];
        group.samples.push_back(static_cast<Index>(i));
        group.of_class.resize(static_cast<std::size_t>(classes));
        ++group.of_class[static_cast<std::size_t>(labels[i])];
    }
    std::vector<Group> all;
    for (auto& [number, group] : by_number) all.push_back(std::move(group));
    return all;
}

}  // namespace

std::vector<Index> Folds::held_out(Index which) const {
    std::vector<Index> samples;
    for (std::size_t i = 0; i < fold.size(); ++i) {
        if (fold[i] == which) samples.push_back(static_cast<Index>(i));
    }
    return samples;
}

std::vector<Index> Folds::training(Index which) const {
    std::vector<Index> samples;
    for (std::size_t i = 0; i < fold.size(); ++i) {
        if (fold[i] != which) samples.push_back(static_cast<Index>(i));
    }
    return samples;
}

Folds stratified_folds(std::span<const std::int32_t> labels, Index classes, Index count,
                       const FoldStream& stream) {
    check_count(count);
    const LabelBalance balance = label_balance(labels, classes);
    kernels::Stream random(stream.seed, stream.purpose, stream.index);
    Folds folds{.fold = std::vector<std::int32_t>(labels.size()), .count = count};
    Index dealt = 0;
    for (std::size_t label = 0; label < balance.counts.size(); ++label) {
        check_class(balance.counts[label], label, count, "samples");
        std::vector<std::size_t> members;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (labels[i] == static_cast<std::int32_t>(label)) members.push_back(i);
        }
        random.shuffle(std::span(members));
        for (const std::size_t i : members) {
            folds.fold[i] = static_cast<std::int32_t>(dealt++ % count);
        }
    }
    return folds;
}

Folds grouped_folds(std::span<const std::int32_t> groups, std::span<const std::int32_t> labels,
                    Index classes, Index count, const FoldStream& stream) {
    // Step 1. Collect the groups and refuse what cannot be dealt.
    check_count(count);
    lab::require(groups.size() == labels.size(),
                 "folds: " + std::to_string(groups.size()) + " groups for " +
                     std::to_string(labels.size()) + " labels; every sample needs both");
    const LabelBalance balance = label_balance(labels, classes);
    std::vector<Group> all = collect(groups, labels, classes);
    lab::require(static_cast<Index>(all.size()) >= count,
                 "folds: " + std::to_string(all.size()) + " groups for " + std::to_string(count) +
                     " folds; use fewer folds, or finer groups");
    for (std::size_t label = 0; label < balance.counts.size(); ++label) {
        const Index with = std::count_if(
            all.begin(), all.end(), [&](const Group& group) { return group.of_class[label] > 0; });
        check_class(with, label, count, "groups");
    }

    // Step 2. The order in which they are dealt.
    kernels::Stream(stream.seed, stream.purpose, stream.index).shuffle(std::span(all));
    std::stable_sort(all.begin(), all.end(), [](const Group& a, const Group& b) {
        return a.samples.size() > b.samples.size();
    });

    // Step 3. Each goes where sum_f sum_c (share of class c in fold f)^2 grows least. The total
    // counts as one more class, so that folds stay of one size.
    const auto k = static_cast<std::size_t>(count), c = balance.counts.size();
    std::vector<std::vector<double>> held(k, std::vector<double>(c + 1));
    Folds folds{.fold = std::vector<std::int32_t>(labels.size()), .count = count};
    const auto total = static_cast<double>(labels.size());
    for (Group& group : all) {
        group.of_class.push_back(static_cast<double>(group.samples.size()));
        const auto growth = [&](const std::vector<double>& fold) {
            double sum = 0;
            for (std::size_t j = 0; j <= c; ++j) {
                const double size = j < c ? static_cast<double>(balance.counts[j]) : total;
                const double added = group.of_class[j];
                if (added > 0) sum += added * (2 * fold[j] + added) / (size * size);
            }
            return sum;
        };
        std::size_t best = 0;
        for (std::size_t f = 1; f < k; ++f) {
            if (growth(held[f]) < growth(held[best])) best = f;
        }
        for (std::size_t j = 0; j <= c; ++j) held[best][j] += group.of_class[j];
        for (const Index i : group.samples) {
            folds.fold[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(best);
        }
    }
    return folds;
}

std::vector<std::int32_t> orbit_groups(const Pairs& pairs) {
    std::vector<std::int32_t> groups;
    for (std::size_t i = 0; i < pairs.x.size(); ++i) {
        const auto [low, high] = std::minmax(pairs.x[i], pairs.y[i]);
        groups.push_back(static_cast<std::int32_t>(low * pairs.p + high));
    }
    return groups;
}

std::vector<std::int32_t> groups_by(const std::string& word, const Pairs& pairs) {
    if (word == "none") return {};
    if (word == "orbit") return orbit_groups(pairs);
    if (word == "x") return pairs.x;
    if (word == "y") return pairs.y;
    throw std::invalid_argument("folds: unknown groups \"" + word + "\"; use none, orbit, x or y");
}

}  // namespace dualtape::analyses
