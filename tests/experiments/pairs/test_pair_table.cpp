// Tasks on the grid of all pairs.
#include "experiments/pairs/pair_table.h"

#include <stdexcept>

#include <doctest/doctest.h>

namespace dualtape::pairs {

namespace {

TEST_CASE("the grid holds every label, and parts are pairs in the order of the split") {
    const Task task = make_task({.operation = "sub", .p = 5});
    const Split split = make_split(task, {.train_fraction = 0.4, .seed = 2});
    const PairTable table = make_pair_table(task, split);
    CHECK(table.p == 5);
    CHECK(table.is_whole());
    for (int a = 0; a < 5; ++a) {
        for (int b = 0; b < 5; ++b) {
            CHECK(table.labels[static_cast<std::size_t>(5 * a + b)] == (a - b + 5) % 5);
        }
    }
    CHECK(table.train == split.train);
    CHECK(table.test == split.test);
}

TEST_CASE("pairs that division does not have carry no label, and samples are numbered by pair") {
    const Task task = make_task({.operation = "div", .p = 6});  // units 1 and 5
    const Split split = make_split(task, {.train_fraction = 0.5});
    const PairTable table = make_pair_table(task, split);
    CHECK_FALSE(table.is_whole());
    CHECK(table.num_samples == 12);
    CHECK(table.labels[6 * 3 + 2] == -1);
    CHECK(table.labels[6 * 3 + 5] == 3);  // 3 / 5 = 3 * 5 = 15 = 3
    for (std::size_t i = 0; i < split.train.size(); ++i) {
        const auto sample = static_cast<std::size_t>(split.train[i]);
        CHECK(table.train[i] == 6 * task.tokens[2 * sample] + task.tokens[2 * sample + 1]);
    }
}

TEST_CASE("labels are the true ones where training has wrong ones") {
    Task task = make_task({.operation = "add", .p = 5});
    const Split split = make_split(task, {.train_fraction = 1});
    CHECK(add_label_noise(task, split.train, 0.5, 1).size() == 12);
    CHECK(make_pair_table(task, split).labels == task.true_labels);
    CHECK(task.labels != task.true_labels);
}

TEST_CASE("tasks without two operands are refused") {
    const Task task = make_task({.operation = "sparse_parity", .samples = 10});
    CHECK_THROWS_AS(make_pair_table(task, make_split(task, {})), std::invalid_argument);
}

TEST_CASE("caps keep the first samples of either part") {
    const Task task = make_task({.operation = "add", .p = 113});
    const Split whole = make_split(task, {.train_fraction = 0.8});
    CHECK(whole.train.size() == 10215);
    CHECK(whole.test.size() == 2554);
    const Split split =
        make_split(task, {.train_fraction = 0.8, .train_cap = 10000, .test_cap = 2000});
    CHECK(std::equal(split.train.begin(), split.train.end(), whole.train.begin()));
    CHECK(split.train.size() == 10000);
    CHECK(std::equal(split.test.begin(), split.test.end(), whole.test.begin()));
    CHECK(split.test.size() == 2000);
    CHECK(split.leaked < whole.leaked);
    CHECK(make_split(task, {.train_cap = 20000}).train.size() == 6384);
    CHECK_THROWS_AS(make_split(task, {.train_cap = -1}), std::invalid_argument);
}

}  // namespace
}  // namespace dualtape::pairs
