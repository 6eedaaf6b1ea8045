// Splits: sizes, orbits, leaks, and the published ones that CPython's and PyTorch's generators
// made.
#include "experiments/pairs/split.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <stdexcept>

#include <doctest/doctest.h>

#include "engine/kernels/python_random.h"

using namespace dualtape::pairs;

namespace {

Task sums(std::int64_t p) {
    TaskSettings settings;
    settings.p = p;
    return make_task(settings);
}

std::vector<std::int32_t> python_shuffled(std::int32_t n, std::size_t count) {
    std::vector<std::int32_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    dualtape::kernels::PythonRandom(0).shuffle(std::span(order));
    order.resize(count);
    return order;
}

std::int64_t sum(const std::vector<std::int32_t>& values) {
    return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

}  // namespace

TEST_CASE("a split truncates the fraction and covers every sample once") {
    const Task task = sums(97);
    const Split split = make_split(task, {.train_fraction = 0.1, .seed = 4});
    CHECK(split.train.size() == 940);
    CHECK(split.test.size() == 8469);
    std::set<std::int32_t> all(split.train.begin(), split.train.end());
    all.insert(split.test.begin(), split.test.end());
    CHECK(all.size() == 9409);
    CHECK(split.train == make_split(task, {.train_fraction = 0.1, .seed = 4}).train);
    CHECK(split.train != make_split(task, {.train_fraction = 0.1, .seed = 5}).train);
    CHECK(split.leaked > 0);
}

TEST_CASE("an orbit split lets no mirrored pair cross") {
    const Task task = sums(31);
    const Split split = make_split(task, {.train_fraction = 0.4, .seed = 1, .by_orbit = true});
    CHECK(split.leaked == 0);
    CHECK(split.train.size() >= 384);
    CHECK(split.train.size() <= 385);
    CHECK(split.train.size() + split.test.size() == 961);
}

TEST_CASE("CPython's splits are recreated") {
    const Split split =
        make_split(sums(113), {.train_fraction = 0.3, .seed = 0, .generator = "cpython"});
    REQUIRE(split.train.size() == 3830);
    CHECK(sum(split.train) == 24672933);
    const std::vector<std::int32_t> first(split.train.begin(), split.train.begin() + 5);
    CHECK(first == std::vector<std::int32_t>{18 * 113 + 34, 10 * 113 + 83, 55 * 113 + 28,
                                             25 * 113 + 51, 63 * 113 + 65});
    const auto seq = python_shuffled(2000, 600);
    CHECK(seq[0] == 1748);
    CHECK(sum(seq) == 591220);
    const auto p53 = python_shuffled(2809, 1123);
    CHECK(p53[4] == 2369);
    CHECK(sum(p53) == 1578115);
    const auto p64 = python_shuffled(4096, 1638);
    CHECK(p64[0] == 681);
    CHECK(sum(p64) == 3285535);
}

TEST_CASE("PyTorch's splits are recreated") {
    const Split split =
        make_split(sums(97), {.train_fraction = 0.8, .seed = 42, .generator = "torch"});
    CHECK(split.train.size() == 7527);
    REQUIRE(split.test.size() == 1882);
    CHECK(std::vector<std::int32_t>(split.test.begin(), split.test.begin() + 5) ==
          std::vector<std::int32_t>{827, 3088, 7554, 7071, 4843});
    CHECK(sum(split.test) == 8793309);
    CHECK_THROWS_AS(permutation(3, "numpy", 0), std::invalid_argument);
}

TEST_CASE("CPython's choice of a hundred triples is recreated") {
    std::vector<std::int32_t> order(59 * 59 * 59);
    std::iota(order.begin(), order.end(), 0);
    dualtape::kernels::PythonRandom(42).shuffle(std::span(order));
    order.resize(100);
    CHECK(order[0] == (29 * 59 + 1) * 59 + 57);
    CHECK(sum(order) == 10424939);
}

TEST_CASE("sets of pairs iterate in CPython's order") {
    const auto starts = [](std::int64_t p) {
        const auto order = python_set_order(p);
        std::vector<std::int32_t> pairs;
        for (std::size_t i = 0; i < 5; ++i) {
            pairs.push_back(static_cast<std::int32_t>(order[i] / p));
            pairs.push_back(static_cast<std::int32_t>(order[i] % p));
        }
        return pairs;
    };
    using Pairs = std::vector<std::int32_t>;
    CHECK(starts(8) == Pairs{4, 0, 3, 4, 4, 3, 3, 1, 3, 7});
    CHECK(starts(53) == Pairs{26, 21, 18, 17, 50, 6, 42, 2, 29, 32});
    CHECK(starts(64) == Pairs{26, 21, 18, 17, 59, 55, 17, 58, 50, 6});
    CHECK(python_set_order(64).size() == 4096);
}

TEST_CASE("impossible splits are refused with the setting, its value and the remedy") {
    const Task task = sums(5);
    for (const double fraction : {0.0, -0.5, 1.5}) {
        CHECK_THROWS_AS(make_split(task, {.train_fraction = fraction}), std::invalid_argument);
    }
    CHECK_THROWS_WITH_AS(
        make_split(task, {.train_fraction = 0.01}),
        "train_fraction: 0.010000 of 25 samples leaves none to train on; use a larger one",
        std::invalid_argument);
    CHECK_THROWS_AS(make_split(task, {.generator = "numpy"}), std::invalid_argument);
    CHECK(make_split(task, {.train_fraction = 1.0}).test.empty());
}
