// Tasks against their definitions: group axioms, inverses, and brute force.
#include "experiments/pairs/tasks.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

using namespace dualtape::pairs;

namespace {

Task task(const std::string& operation, std::int64_t p) {
    TaskSettings settings;
    settings.operation = operation;
    settings.p = p;
    return make_task(settings);
}

template <class Label>
void check_pairs(const Task& task, Label label) {
    REQUIRE(task.size() == task.p * task.p);
    bool agrees = true;
    for (std::int64_t i = 0; i < task.size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        agrees =
            agrees && task.tokens[2 * at] == i / task.p && task.tokens[2 * at + 1] == i % task.p;
        agrees = agrees && task.labels[at] == label(i / task.p, i % task.p);
    }
    CHECK(agrees);
}

}  // namespace

TEST_CASE("sums, differences, products and polynomials follow their formulas for any modulus") {
    for (const std::int64_t p : {2, 6, 11, 97}) {
        INFO("p = ", p);
        const auto mod = [p](std::int64_t a) { return ((a % p) + p) % p; };
        using Pair = std::int64_t;
        check_pairs(task("add", p), [&](Pair a, Pair b) { return mod(a + b); });
        check_pairs(task("sub", p), [&](Pair a, Pair b) { return mod(a - b); });
        check_pairs(task("mul", p), [&](Pair a, Pair b) { return mod(a * b); });
        check_pairs(task("x2_y2", p), [&](Pair a, Pair b) { return mod(a * a + b * b); });
        check_pairs(task("x2_xy_y2", p),
                    [&](Pair a, Pair b) { return mod(a * a + a * b + b * b); });
        check_pairs(task("x2_xy_y2_x", p),
                    [&](Pair a, Pair b) { return mod(a * a + a * b + b * b + a); });
        check_pairs(task("x3_xy", p), [&](Pair a, Pair b) { return mod(a * a * a + a * b); });
        check_pairs(task("x3_xy2_y", p),
                    [&](Pair a, Pair b) { return mod(a * a * a + a * b * b + b); });
        check_pairs(task("binary_zero", p),
                    [&](Pair a, Pair b) { return mod(a + b) == 0 ? 1 : 0; });
    }
}

TEST_CASE("a polynomial by coefficients equals the named one") {
    TaskSettings settings;
    settings.operation = "polynomial";
    settings.p = 23;
    settings.monomials = {{1, 3, 0}, {24, 1, 2}, {-22, 0, 1}};
    CHECK(make_task(settings).labels == task("x3_xy2_y", 23).labels);
}

TEST_CASE("division undoes multiplication, over all units and no other divisor") {
    for (const std::int64_t p : {7, 97, 12}) {
        const Task division = task("div", p);
        std::int64_t units = 0;
        for (std::int64_t b = 0; b < p; ++b) units += inverse_modulo(b, p) != 0 ? 1 : 0;
        CHECK(division.size() == p * units);
        for (std::size_t i = 0; i < division.labels.size(); ++i) {
            const std::int64_t product =
                std::int64_t{division.labels[i]} * division.tokens[2 * i + 1];
            CHECK(product % p == division.tokens[2 * i]);
        }
    }
    CHECK(task("div", 97).size() == 97 * 96);
    CHECK(task("div", 12).size() == 12 * 4);
}

TEST_CASE("mix divides by odd operands and subtracts even ones") {
    const Task mixed = task("mix", 11);
    for (std::size_t i = 0; i < mixed.labels.size(); ++i) {
        const int a = mixed.tokens[2 * i], b = mixed.tokens[2 * i + 1], label = mixed.labels[i];
        CHECK((b % 2 == 1 ? (label * b) % 11 == a : label == (a - b + 11) % 11));
    }
}

TEST_CASE("the symmetric group is a group and its variants conjugate") {
    const Task product = task("s5", 0), conjugate = task("s5_conj", 0), aba = task("s5_aba", 0);
    REQUIRE(product.size() == 14400);
    const auto times = [&](int a, int b) {
        return product.labels[static_cast<std::size_t>(a * 120 + b)];
    };
    bool axioms = true, variants = true;
    for (int a = 0; a < 120; ++a) {
        axioms = axioms && times(0, a) == a && times(a, 0) == a;
        std::set<int> row;
        int inverse = -1;
        for (int b = 0; b < 120; ++b) {
            row.insert(times(a, b));
            if (times(a, b) == 0) inverse = b;
            axioms = axioms && times(times(a, b), 77) == times(a, times(b, 77));
        }
        axioms = axioms && row.size() == 120;
        for (int b = 0; b < 120; ++b) {
            const auto at = static_cast<std::size_t>(a * 120 + b);
            variants = variants && conjugate.labels[at] == times(times(a, b), inverse) &&
                       aba.labels[at] == times(times(a, b), a);
        }
    }
    CHECK(axioms);
    CHECK(variants);
}

TEST_CASE("a random table is uniform, repeatable, and symmetric on request") {
    TaskSettings settings;
    settings.operation = "random_table";
    settings.p = 31;
    const Task table = make_task(settings);
    CHECK(table.labels == make_task(settings).labels);
    settings.seed = 1;
    CHECK(table.labels != make_task(settings).labels);
    settings.is_symmetric = true;
    const Task symmetric = make_task(settings);
    for (std::size_t a = 0; a < 31; ++a) {
        for (std::size_t b = 0; b < 31; ++b) {
            CHECK(symmetric.labels[a * 31 + b] == symmetric.labels[b * 31 + a]);
        }
    }
    CHECK(std::set<int>(table.labels.begin(), table.labels.end()).size() == 31);
}

TEST_CASE("sparse parity depends on exactly the chosen bits") {
    TaskSettings settings;
    settings.operation = "sparse_parity";
    const Task parity = make_task(settings);
    CHECK(parity.size() == 2000);
    CHECK(parity.operands == 43);
    // A bit outside is uncorrelated with the label times any other; the XOR of three is the label.
    int triples = 0;
    const auto bit = [&](std::size_t s, std::size_t i) { return parity.tokens[s * 43 + i]; };
    for (std::size_t i = 0; i < 43; ++i) {
        for (std::size_t j = i + 1; j < 43; ++j) {
            for (std::size_t k = j + 1; k < 43; ++k) {
                bool explains = true;
                for (std::size_t s = 0; s < 2000 && explains; ++s) {
                    explains = (bit(s, i) ^ bit(s, j) ^ bit(s, k)) == parity.labels[s];
                }
                triples += explains ? 1 : 0;
            }
        }
    }
    CHECK(triples == 1);
}

TEST_CASE("label noise gives the asked share of the train samples a wrong label") {
    Task noisy = task("add", 23);
    std::vector<std::int32_t> train;
    for (std::int32_t i = 0; i < 200; ++i) train.push_back(2 * i);
    const std::vector<std::int32_t> changed = add_label_noise(noisy, train, 0.25, 3);
    CHECK(changed.size() == 50);
    CHECK(std::is_sorted(changed.begin(), changed.end()));
    for (std::size_t i = 0; i < noisy.labels.size(); ++i) {
        const bool is_changed =
            std::binary_search(changed.begin(), changed.end(), static_cast<std::int32_t>(i));
        CHECK((noisy.labels[i] != noisy.true_labels[i]) == is_changed);
        CHECK(noisy.labels[i] < noisy.classes);
    }
}

TEST_CASE("impossible tasks are refused with the setting, its value and the remedy") {
    CHECK_THROWS_WITH_AS(task("add", 1), "p: 1 is not a modulus; use 2 or more",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(task("mix", 9),
                         "p: 9 is composite and mix divides by every odd b; use a prime",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(task("addd", 7), "operation: \"addd\" is unknown; did you mean add?",
                         std::invalid_argument);
}
