#include "experiments/analyses/probes/concepts.h"

#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <set>
#include <stdexcept>

#include <doctest/doctest.h>

namespace dualtape::analyses {

namespace {

Pairs all_pairs(std::int64_t p) {
    const pairs::Task task = pairs::make_task({.operation = "add", .p = p});
    std::vector<std::int32_t> samples(task.labels.size());
    std::iota(samples.begin(), samples.end(), 0);
    return pairs_of(task, samples);
}

Index positives(const std::string& name, std::int64_t p) {
    return label_balance(make_concept(name, all_pairs(p)).labels).counts[1];
}

}  // namespace

TEST_CASE("concepts have the counts that arithmetic gives, p odd and even") {
    for (const std::int64_t p : {2, 5, 8, 97}) {
        INFO("p ", p);
        const Index evens = (p + 1) / 2;
        CHECK(positives("x_even", p) == evens * p);
        CHECK(positives("y_even", p) == evens * p);
        CHECK(positives("sum_even", p) == evens * p);
        CHECK(positives("x_equals_y", p) == p);
        CHECK(positives("carry", p) == p * (p - 1) / 2);
        CHECK(positives("sum_is_zero", p) == p);
        CHECK(positives("x_high", p) == (p / 2) * p);
        CHECK(positives("x_even_xor_y_even", p) == 2 * evens * (p - evens));
    }
}

TEST_CASE("concepts of single pairs by hand") {
    const Pairs pairs{.p = 7, .x = {4, 3, 5}, .y = {5, 3, 2}};
    CHECK(make_concept("x_even", pairs).labels == std::vector<std::int32_t>{1, 0, 0});
    CHECK(make_concept("y_even", pairs).labels == std::vector<std::int32_t>{0, 0, 1});
    CHECK(make_concept("sum_even", pairs).labels == std::vector<std::int32_t>{1, 1, 1});
    CHECK(make_concept("x_equals_y", pairs).labels == std::vector<std::int32_t>{0, 1, 0});
    CHECK(make_concept("carry", pairs).labels == std::vector<std::int32_t>{1, 0, 1});
    CHECK(make_concept("sum_is_zero", pairs).labels == std::vector<std::int32_t>{0, 0, 1});
    CHECK(make_concept("x_high", pairs).labels == std::vector<std::int32_t>{1, 0, 1});
    CHECK(make_concept("x_even_xor_y_even", pairs).labels == std::vector<std::int32_t>{1, 0, 1});
    const Concept x_class = make_concept("x_class", pairs);
    CHECK(x_class.labels == pairs.x);
    CHECK(x_class.classes == 7);
}

TEST_CASE("a concept is a function of its variable, and of nothing that is left out of it") {
    for (const std::int64_t p : {7, 8}) {
        const Pairs pairs = all_pairs(p);
        for (const std::string& name : concept_names()) {
            if (name.starts_with("fourier")) continue;
            INFO(name, ", p ", p);
            const std::vector<std::int32_t> labels = make_concept(name, pairs).labels;
            const std::vector<std::int32_t> values = concept_variable(name, pairs);
            REQUIRE(values.size() == labels.size());
            std::map<std::int32_t, std::set<std::int32_t>> labels_of;
            for (std::size_t i = 0; i < labels.size(); ++i) labels_of[values[i]].insert(labels[i]);
            for (const auto& [value, found] : labels_of) CHECK(found.size() == 1);
        }
    }
    const Pairs pairs{.p = 7, .x = {4, 3}, .y = {5, 3}};
    CHECK(concept_variable("x_even", pairs) == std::vector<std::int32_t>{4, 3});
    CHECK(concept_variable("y_even", pairs) == std::vector<std::int32_t>{5, 3});
    CHECK(concept_variable("sum_even", pairs) == std::vector<std::int32_t>{2, 6});
    CHECK(concept_variable("carry", pairs) == std::vector<std::int32_t>{9, 6});
    CHECK(concept_variable("x_equals_y", pairs) == std::vector<std::int32_t>{6, 0});
    CHECK_THROWS_AS(concept_variable("fourier_phase_x_1", pairs), std::invalid_argument);
}

TEST_CASE("Fourier phases are cosine and sine, and orthogonal over the grid") {
    for (const std::int64_t p : {7, 8}) {
        const Pairs pairs = all_pairs(p);
        const FourierTargets all = fourier_targets("sum", pairs);
        CHECK(all.targets.rows() == p - 1);
        CHECK(all.frequency.back() == p / 2);
        const Mat<double> gram = all.targets * all.targets.transpose();
        for (Index i = 0; i < gram.rows(); ++i) {
            const bool is_nyquist = 2 * all.frequency[static_cast<std::size_t>(i)] == p;
            const auto n = static_cast<double>(p * p);
            for (Index j = 0; j < gram.cols(); ++j) {
                CHECK(std::abs(gram(i, j) - (i != j ? 0 : is_nyquist ? n : n / 2)) < 1e-12 * n);
            }
        }
        const Concept phase = make_concept("fourier_phase_sum_3", pairs);
        CHECK(phase.is_regression());
        CHECK(phase.targets == all.targets.middleRows(4, 2));
        const double angle = 2 * std::numbers::pi * 3 * 5 / static_cast<double>(p);
        CHECK(make_concept("fourier_phase_x_3", pairs).targets(1, 5 * p) ==
              doctest::Approx(std::sin(angle)).epsilon(1e-14));
    }
    CHECK(make_concept("fourier_phase_y_4", all_pairs(8)).targets.rows() == 1);
}

TEST_CASE("label balance says what a constant answer scores") {
    const std::vector<std::int32_t> labels = make_concept("x_even", all_pairs(97)).labels;
    const LabelBalance even = label_balance(labels);
    CHECK(even.base_rate == doctest::Approx(49.0 / 97).epsilon(1e-15));
    CHECK_FALSE(even.is_rare);
    CHECK(label_balance(make_concept("x_equals_y", all_pairs(97)).labels).is_rare);
    const std::vector<std::int32_t> quarter{0, 1, 0, 0};
    CHECK(label_balance(quarter).prevalence == 0.25);
    CHECK(label_balance(quarter).entropy_bits ==
          doctest::Approx(2 - 0.75 * std::log2(3)).epsilon(1e-15));
    const std::vector<std::int32_t> ones{1, 1};
    CHECK(label_balance(ones).has_one_class);
    CHECK(label_balance(ones).entropy_bits == 0);
    CHECK(std::isnan(label_balance({}).prevalence));
    CHECK_THROWS_AS(label_balance(std::vector<std::int32_t>{2}), std::invalid_argument);
}

TEST_CASE("unknown words, frequencies and operands are refused") {
    const Pairs pairs{.p = 7, .x = {0}, .y = {6}};
    CHECK_THROWS_WITH_AS(make_concept("x_evn", pairs), doctest::Contains("mean \"x_even\""),
                         std::invalid_argument);
    for (const char* name :
         {"fourier_phase_", "fourier_phase_sum", "fourier_phase_sum_", "fourier_phase_z_1",
          "fourier_phase_sum_1x", "fourier_phase_x_0", "fourier_phase_x_4", "fourier_phase_x_-1"}) {
        INFO(name);
        CHECK_THROWS_AS(make_concept(name, pairs), std::invalid_argument);
    }
    CHECK_THROWS_AS(make_concept("carry", {.p = 7, .x = {7}, .y = {0}}), std::invalid_argument);
    CHECK_THROWS_AS(make_concept("carry", {.p = 7, .x = {1, 2}, .y = {0}}), std::invalid_argument);
    CHECK_THROWS_AS(fourier_targets("z", pairs), std::invalid_argument);
}

}  // namespace dualtape::analyses
