// The rules of decisions.h at their edges.
#include "experiments/report/decisions.h"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

namespace dualtape::report {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Estimate of(double low, double high, double seeds = 3) {
    return {.seeds = seeds, .median = (low + high) / 2, .low = low, .high = high};
}

const Estimate kOneSeed{.seeds = 1, .median = 5};

}  // namespace

TEST_CASE("an order is decided by intervals that do not touch, of three seeds or more") {
    CHECK(is_surely_above(of(2.1, 3), of(1, 2)));
    CHECK_FALSE(is_surely_above(of(2, 3), of(1, 2)));  // they touch
    CHECK_FALSE(is_surely_above(of(2.1, 3, 2), of(1, 2)));
    CHECK_FALSE(is_surely_above(of(2.1, 3), of(1, 2, 2)));
    CHECK_FALSE(is_surely_above(of(kNan, kNan), of(1, 2)));
    // Never reached is later than anything that is.
    CHECK(is_surely_above(of(kInfinity, kInfinity), of(1, 2)));
    CHECK_FALSE(is_surely_above(of(kInfinity, kInfinity), of(1, kInfinity)));

    CHECK(order_of({of(1, 2), of(3, 4), of(5, 6)}) == Order::rises);
    CHECK(order_of({of(5, 6), of(3, 4), of(1, 2)}) == Order::falls);
    CHECK(order_of({of(1, 2), of(5, 6), of(3, 4)}) == Order::mixed);
    CHECK(order_of({of(1, 2), of(2, 4), of(5, 6)}) == Order::undecided);
    CHECK(order_of({of(1, 2)}) == Order::undecided);
    CHECK(order_of({}) == Order::undecided);
    CHECK(order_of({kOneSeed, kOneSeed}) == Order::undecided);

    // One sure step the other way refutes, however undecided the others are.
    CHECK(judge_rise({of(1, 2), of(2, 4), of(5, 6)}) == Truth::undecided);
    CHECK(judge_rise({of(5, 6), of(1, 2), of(2, 4)}) == Truth::fails);
    CHECK(judge_fall({of(5, 6), of(1, 2)}) == Truth::holds);
    CHECK(judge_fall({kOneSeed, kOneSeed}) == Truth::undecided);

    CHECK(order_in_words({of(1, 2), of(3, 4)}, "width") == "rises with width");
    CHECK(order_in_words({of(1, 2), of(2, 4)}, "width") ==
          "has no decided order in width (the spreads overlap)");
    CHECK(order_in_words({kOneSeed, kOneSeed}, "depth") ==
          "has no decided order in depth (one seed)");
    CHECK(why_undecided({of(1, 2, 5), of(1, 2, 2)}) == "2 seeds");
    CHECK(why_undecided({of(1, 2, 5), of(1, 2, 0)}) == "not measured everywhere");
}

TEST_CASE("what is greatest or least is said where it is so surely") {
    CHECK(surely_greatest({of(1, 2), of(3, 4), of(1, 2)}) == 1);
    CHECK_FALSE(surely_greatest({of(1, 2), of(3, 4), of(3.5, 5)}));
    CHECK(surely_least({of(5, 6), of(3, 4)}) == 1);
    CHECK_FALSE(surely_least({of(5, 6)}));
    CHECK(greatest_in_words({of(0.5, 0.6), of(0.9, 1)}, {"input", "logits"}, "at") ==
          "highest at logits (0.95)");
    CHECK(greatest_in_words({of(0.5, 0.95), of(0.9, 1)}, {"input", "logits"}, "at") ==
          "at most 0.95, at logits");
    CHECK(greatest_in_words({{}, kOneSeed}, {"input", "logits"}, "at") == "at most 5, at logits");
    CHECK(greatest_in_words({{}, {}}, {"a", "b"}, "for") == "not measured");
}

TEST_CASE("a value has changed when every seed says so, by the factor or more") {
    CHECK(change_of({100}, {100 * kClearFactor}) == Change::rises);
    CHECK(change_of({100}, {149}) == Change::stays);
    CHECK(change_of({150}, {100}) == Change::falls);
    CHECK(change_of({100}, {105}) == Change::stays);
    CHECK(change_of({100, 100}, {200, 105}) == Change::mixed);
    CHECK(change_of({100, 100}, {200, 20}) == Change::mixed);
    CHECK(change_of({}, {}) == Change::unknown);
    CHECK(change_of({kNan}, {1}) == Change::unknown);
    CHECK(change_of({-1}, {1}) == Change::rises);
    CHECK(change_of({0}, {0}) == Change::stays);
    CHECK(change_of({-2}, {-1}) == Change::rises);
}

TEST_CASE("an event lies between the looks on either side of it") {
    const auto half = first_reaching({0, 241, 601, 1000}, {0, 0.1, 0.5, 1}, 0.5);
    REQUIRE(half);
    CHECK(in_words(*half) == "between steps 241 and 601");
    const auto first = first_reaching({0, 241}, {0.7, 0.8}, 0.5);
    REQUIRE(first);
    CHECK(in_words(*first) == "at step 0 already, the first one looked at");
    CHECK_FALSE(first_reaching({0, 241}, {0.1, kNan}, 0.5));
    CHECK_FALSE(first_reaching({}, {}, 0.5));
    CHECK(seen_at({0, 20, 40}, 40)->before == 20);
    CHECK(std::isnan(seen_at({0, 20, 40}, 0)->before));
    CHECK_FALSE(seen_at({0, 20, 40}, 30));
}

TEST_CASE("generalising follows memorising if no step between two looks denies it") {
    const auto at = [](double before, double step) { return FirstSeen{before, step}; };
    CHECK(delay_of(at(40, 60), at(120, 140)) == Delay::follows);  // 120 >= 2 x 60
    CHECK(delay_of(at(40, 60), at(119, 140)) == Delay::undecided);
    CHECK(delay_of(at(40, 60), at(80, 81)) == Delay::undecided);
    CHECK(delay_of(at(40, 60), at(60, 80)) == Delay::together);  // 80 <= 2 x 40
    CHECK(delay_of(at(40, 60), at(40, 60)) == Delay::together);  // at one look
    CHECK(delay_of(at(0, 7850), at(7850, 15700)) == Delay::undecided);
    CHECK(delay_of(at(kNan, 0), at(kNan, 0)) == Delay::together);
    CHECK(delay_of(at(kNan, 0), at(20, 40)) == Delay::undecided);
}

TEST_CASE("a direction has settled when the last four visits overlap pairwise") {
    const auto all = [](double x) { return std::vector<double>(16, x); };
    CHECK(settling_of(all(kSettledOverlap), 4) == Settling::settled);
    CHECK(settling_of(all(0.899), 4) == Settling::turning);
    CHECK(settling_of(std::vector<double>(9, 1.0), 3) == Settling::unknown);
    std::vector<double> one = all(1);
    one[3 * 4 + 0] = 0.5;  // the last visit and the first of the four
    CHECK(settling_of(one, 4) == Settling::turning);
    one[3 * 4 + 0] = kNan;
    CHECK(settling_of(one, 4) == Settling::unknown);
    // Earlier visits do not matter.
    std::vector<double> five(25, 1.0);
    for (int i = 0; i < 5; ++i) five[static_cast<std::size_t>(i * 5)] = 0;
    CHECK(settling_of(five, 5) == Settling::settled);
}

TEST_CASE("phases and keys are judged at their thresholds, and not from missing numbers") {
    CHECK(agreement_of(0.9) == Agreement::agree);
    CHECK(agreement_of(0.89) == Agreement::in_part);
    CHECK(agreement_of(0.5) == Agreement::in_part);
    CHECK(agreement_of(0.49) == Agreement::none);
    CHECK(agreement_of(kNan) == Agreement::unknown);
    CHECK(carried_by_keys({.train = 1, .excluded = 10, .all = 1, .restricted = 1.9}) ==
          Carried::all);
    CHECK(carried_by_keys({.train = 1, .excluded = 10, .all = 1, .restricted = 2}) ==
          Carried::part);
    CHECK(carried_by_keys({.train = 1, .excluded = 9.9, .all = 1, .restricted = 1}) ==
          Carried::part);
    CHECK(carried_by_keys({.train = 1, .excluded = 2, .all = 1, .restricted = 1}) == Carried::none);
    CHECK(carried_by_keys({.train = 1, .excluded = kNan, .all = 1, .restricted = 1}) ==
          Carried::unknown);
}

TEST_CASE("no permutation that gives as much is a bound, not a probability") {
    CHECK(p_value_in_words(1.0 / 201, 200) == "p ≤ 0.005");
    CHECK(p_value_in_words(2.0 / 201, 200) == "p = 0.00995");
    CHECK(p_value_in_words(1.0 / 21, 20) == "p ≤ 0.048");
    CHECK(p_value_in_words(1.0 / 100, 99) == "p ≤ 0.01");
    CHECK(p_value_in_words(1.0 / 20, 19) == "p ≤ 0.05");
    CHECK(p_value_in_words(1, 200) == "p = 1");
    CHECK(p_value_in_words(kNan, 200) == "–");
    CHECK(p_value_in_table(1.0 / 201, 200) == "≤ 0.005");
    CHECK(p_value_in_table(0.5, 200) == "0.5");
    CHECK(p_value_in_table(kNan, 0) == "–");
    // As read from a table.
    CHECK(p_value_in_words(0.004975, 200) == "p ≤ 0.005");
}

}  // namespace dualtape::report
