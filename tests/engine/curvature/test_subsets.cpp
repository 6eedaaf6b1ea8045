// Subsets of samples, and the spread of lambda_max over them.
#include "engine/curvature/subsets.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <doctest/doctest.h>

#include "engine/curvature/dense.h"
#include "engine/curvature/dense_spectrum.h"
#include "engine/curvature/lanczos.h"
#include "engine/curvature/point_operator.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::curvature;
using namespace dualtape::testing;

namespace {

// lambda_max of the Hessian on a subset of the data of `net`.
double sharpness(Setup<double>& net, const Subset& subset) {
    net.batch.select(subset.data(), static_cast<Index>(subset.size()));
    LanczosSettings<double> settings;
    settings.largest = 1;
    settings.smallest = 0;
    const double value =
        lanczos<double>(PointOperator<double>(net.at()), settings).largest[0].value;
    net.batch.select(nullptr, 0);
    return value;
}

}  // namespace

TEST_CASE("a random subset has no repeats, is fixed by seed and index, and favours nobody") {
    const Subset subset = random_subset(50, 20, 3, 0);
    CHECK(subset.size() == 20);
    CHECK(std::adjacent_find(subset.begin(), subset.end(), std::greater_equal<>()) == subset.end());
    CHECK(subset == random_subset(50, 20, 3, 0));
    CHECK(subset != random_subset(50, 20, 3, 1));
    CHECK(subset != random_subset(50, 20, 4, 0));
    std::vector<int> counts(10, 0);
    for (const Subset& drawn : random_subsets(10, 3, 2000, 8)) {
        for (const std::int32_t sample : drawn) ++counts[static_cast<std::size_t>(sample)];
    }
    // Binomial(2000, 0.3): sd 20.5; five of them.
    for (const int count : counts) CHECK(std::abs(count - 600) < 103);
    CHECK(random_subset(7, 7, 1, 0) == Subset{0, 1, 2, 3, 4, 5, 6});
    CHECK_THROWS_WITH_AS(random_subset(7, 8, 1, 0),
                         "subsets: the number of samples in a subset = 8; use 1 to 7",
                         std::invalid_argument);
}

TEST_CASE("disjoint subsets share nothing, miss nothing and differ by one sample at most") {
    const std::vector<Subset> parts = disjoint_subsets(23, 4, 5);
    Subset all;
    for (const Subset& part : parts) {
        CHECK(part.size() >= 5);
        CHECK(part.size() <= 6);
        all.insert(all.end(), part.begin(), part.end());
    }
    std::sort(all.begin(), all.end());
    Subset expected(23);
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(all == expected);
    CHECK_THROWS_AS(disjoint_subsets(23, 24, 5), std::invalid_argument);
    CHECK_THROWS_AS(disjoint_subsets(23, 0, 5), std::invalid_argument);
}

TEST_CASE("mean and standard deviation over subsets are those of the values") {
    const std::vector<Subset> subsets{{0}, {1}, {2}, {5}};
    const SubsetSpread spread =
        measure_subsets(subsets, [](const Subset& s) { return static_cast<double>(s[0]); });
    CHECK(spread.values == std::vector<double>{0, 1, 2, 5});
    CHECK(spread.mean == 2);
    CHECK(spread.sd == doctest::Approx(std::sqrt(14.0 / 3)));
    CHECK(std::isnan(measure_subsets({{1}}, [](const Subset&) { return 1.0; }).sd));
    CHECK_THROWS_AS(measure_subsets({}, [](const Subset&) { return 1.0; }), std::invalid_argument);
}

TEST_CASE(
    "the Hessian of all samples is the mean of those of disjoint subsets; lambda_max is not") {
    Setup<double> net(network("mlp tanh"), 60);
    const Mat<double> whole = dense_matrix(PointOperator<double>(net.at())).matrix;
    const double all = dense_eigenvalues(whole)[net.size() - 1];
    const std::vector<Subset> parts = disjoint_subsets(60, 5, 1);
    Mat<double> mean = Mat<double>::Zero(net.size(), net.size());
    for (const Subset& part : parts) {
        net.batch.select(part.data(), 12);
        mean += dense_matrix(PointOperator<double>(net.at())).matrix / 5;
    }
    CHECK(relative_error(mean, whole) < 1e-13);
    const SubsetSpread spread =
        measure_subsets(parts, [&](const Subset& part) { return sharpness(net, part); });
    CHECK(spread.mean > all);  // convexity
    CHECK(spread.sd > 0.01 * all);
    const SubsetSpread larger = measure_subsets(
        random_subsets(60, 50, 5, 2), [&](const Subset& part) { return sharpness(net, part); });
    CHECK(std::abs(larger.mean - all) < std::abs(spread.mean - all));
}
