#include "engine/curvature/completeness.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include <doctest/doctest.h>

using namespace dualtape;
using namespace dualtape::curvature;

namespace {

Vec<double> vec(std::initializer_list<double> values) {
    Vec<double> v(static_cast<Index>(values.size()));
    std::copy(values.begin(), values.end(), v.begin());
    return v;
}

// Three largest and two smallest pairs, exact.
CompletenessCheck two_ends() {
    return {{{10}, {8}, {6}, {-5}, {-4}}, {3, 2, 0}, {1e-3, 1e-2, 0}, 10};
}

}  // namespace

TEST_CASE("Ritz values are missing as far as they displace found ones") {
    const CompletenessCheck check = two_ends();
    const auto missing = [&](std::initializer_list<double> values) {
        const Wanted found = check.missing(vec(values));
        CHECK(found.magnitude == 0);
        return std::pair{found.largest, found.smallest};
    };
    CHECK(missing({-3, 0, 5}) == std::pair<Index, Index>{0, 0});
    CHECK(missing({-3, 0, 6}) == std::pair<Index, Index>{0, 0});
    CHECK(missing({-4.5, 0, 7}) == std::pair<Index, Index>{1, 1});
    // The second displaces 8 only if it lies above it.
    CHECK(missing({0, 7, 7}) == std::pair<Index, Index>{1, 0});
    CHECK(missing({0, 9, 9}) == std::pair<Index, Index>{2, 0});
    CHECK(missing({11, 11, 11, 11}) == std::pair<Index, Index>{3, 0});
    CHECK(missing({}) == std::pair<Index, Index>{0, 0});
    const CompletenessCheck by_modulus({{-10}, {8}}, {0, 0, 2}, {1e-3, 1e-2, 0}, 10);
    CHECK(by_modulus.missing(vec({-9, 0, 7})).magnitude == 1);
}

TEST_CASE("the margin is the least pair's own residual and the error of products") {
    const CompletenessCheck check({{5, 0.1}}, {1, 0, 0}, {1e-3, 1e-2, 1e-3}, 10);
    CHECK(check.missing(vec({5.19})).largest == 0);
    CHECK(check.missing(vec({5.21})).largest == 1);
}

TEST_CASE("only a value seen as often as the block is wide may have more copies") {
    const CompletenessCheck check = two_ends();
    const Vec<double> values = vec({1, 8, 8, 9}), residuals = Vec<double>::Zero(4);
    CHECK(check.first_repeated(values, residuals, {3, 2, 1}, 2) == 1);
    CHECK(check.first_repeated(values, residuals, {3, 2}, 2) == 2);
    CHECK(check.first_repeated(values, residuals, {3, 2, 1}, 3) == 3);
    CHECK(check.first_repeated(values, residuals, {3}, 1) == 0);
}
