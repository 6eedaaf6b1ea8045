#include "experiments/analyses/probes/folds.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include <doctest/doctest.h>

#include "tests/support/random.h"

namespace dualtape::analyses {

namespace {

// Samples of a label in each fold.
std::vector<Index> share(const Folds& folds, const std::vector<std::int32_t>& labels,
                         std::int32_t label) {
    std::vector<Index> counts(static_cast<std::size_t>(folds.count));
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] == label) ++counts[static_cast<std::size_t>(folds.fold[i])];
    }
    return counts;
}

Index spread(const std::vector<Index>& counts) {
    const auto [low, high] = std::minmax_element(counts.begin(), counts.end());
    return *high - *low;
}

Pairs grid(std::int32_t p) {
    Pairs pairs{.p = p, .x = {}, .y = {}};
    for (std::int32_t x = 0; x < p; ++x) {
        for (std::int32_t y = 0; y < p; ++y) {
            pairs.x.push_back(x);
            pairs.y.push_back(y);
        }
    }
    return pairs;
}

}  // namespace

TEST_CASE("stratified folds hold out every sample once and every class evenly") {
    const std::vector<std::int32_t> labels = testing::uniform_tokens(103, 3, 7);
    const Folds folds = stratified_folds(labels, 3, 5, {.seed = 1});
    std::vector<Index> seen(labels.size());
    for (Index f = 0; f < 5; ++f) {
        const std::vector<Index> held = folds.held_out(f), train = folds.training(f);
        CHECK(held.size() + train.size() == labels.size());
        CHECK((held.size() == 20 || held.size() == 21));
        for (const Index i : held) {
            ++seen[static_cast<std::size_t>(i)];
            CHECK(std::find(train.begin(), train.end(), i) == train.end());
        }
    }
    CHECK(std::all_of(seen.begin(), seen.end(), [](Index n) { return n == 1; }));
    for (std::int32_t label = 0; label < 3; ++label)
        CHECK(spread(share(folds, labels, label)) <= 1);
}

TEST_CASE("folds follow their stream alone") {
    const std::vector<std::int32_t> labels = testing::uniform_tokens(60, 2, 3);
    const auto cut = [&](std::uint64_t seed, std::uint64_t index) {
        return stratified_folds(labels, 2, 4, {.seed = seed, .index = index}).fold;
    };
    CHECK(cut(1, 2) == cut(1, 2));
    CHECK(cut(1, 2) != cut(1, 3));
    CHECK(cut(1, 2) != cut(2, 2));
}

TEST_CASE("grouped folds keep groups whole, and sizes and classes nearly even") {
    const Pairs pairs = grid(31);
    for (const char* word : {"orbit", "x", "y"}) {
        for (const char* name : {"x_even", "x_equals_y", "carry"}) {
            INFO(word, " ", name);
            const std::vector<std::int32_t> groups = groups_by(word, pairs);
            const std::vector<std::int32_t> labels = make_concept(name, pairs).labels;
            const Folds folds = grouped_folds(groups, labels, 2, 5, {.seed = 4});
            std::map<std::int32_t, std::int32_t> fold_of;
            for (std::size_t i = 0; i < groups.size(); ++i) {
                const auto [at, is_new] = fold_of.emplace(groups[i], folds.fold[i]);
                CHECK(at->second == folds.fold[i]);
            }
            const Index group = word == std::string("orbit") ? 2 : 31;
            for (const std::int32_t label : {0, 1}) {
                const std::vector<Index> counts = share(folds, labels, label);
                CHECK(*std::min_element(counts.begin(), counts.end()) > 0);
                CHECK(spread(counts) <= 2 * group);
            }
        }
    }
}

TEST_CASE("orbits join (x, y) and (y, x) and nothing else") {
    const std::vector<std::int32_t> orbits = orbit_groups(grid(5));
    CHECK(orbits[1 * 5 + 3] == orbits[3 * 5 + 1]);
    std::map<std::int32_t, Index> sizes;
    for (const std::int32_t orbit : orbits) ++sizes[orbit];
    CHECK(sizes.size() == 15);
    CHECK(groups_by("none", grid(5)).empty());
    CHECK_THROWS_AS(groups_by("sum", grid(5)), std::invalid_argument);
}

TEST_CASE("what cannot be dealt is refused with the class, its size and the folds") {
    std::vector<std::int32_t> labels(50, 0);
    for (std::size_t i = 0; i < 4; ++i) labels[i] = 1;
    CHECK_THROWS_WITH_AS(stratified_folds(labels, 2, 5, {}),
                         doctest::Contains("class 1 has 4 samples for 5 folds"),
                         std::invalid_argument);
    CHECK_NOTHROW(stratified_folds(labels, 2, 4, {}));
    CHECK_THROWS_AS(stratified_folds(labels, 2, 1, {}), std::invalid_argument);
    const std::vector<std::int32_t> all_zero(50, 0);
    CHECK_NOTHROW(stratified_folds(all_zero, 2, 5, {}));
    std::vector<std::int32_t> four(50), by_label = labels;
    for (std::size_t i = 0; i < 50; ++i) four[i] = static_cast<std::int32_t>(i % 4);
    CHECK_THROWS_WITH_AS(grouped_folds(four, all_zero, 2, 5, {}),
                         doctest::Contains("4 groups for 5 folds"), std::invalid_argument);
    CHECK_THROWS_AS(grouped_folds(by_label, labels, 2, 2, {}), std::invalid_argument);
    CHECK_THROWS_AS(grouped_folds(std::vector<std::int32_t>{0, 1}, labels, 2, 2, {}),
                    std::invalid_argument);
}

}  // namespace dualtape::analyses
