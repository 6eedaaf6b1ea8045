// Index sets by ranges, names and neurons.
#include "engine/curvature/index_set.h"

#include <doctest/doctest.h>

#include "engine/curvature/parameter_indices.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::curvature;
using namespace dualtape::testing;

namespace {

const Network& dotted() {
    static const Network network = Network::of("dotted names", []<class Scalar>(Graph<Scalar>& g) {
        const auto w = g.parameter("hidden.weight", 3, 2);
        const auto b = g.parameter("hidden.bias", 3);
        const auto u = g.parameter("hidden2", 2, 3);
        const auto h = g.name("post", tanh(affine(w, g.input("x", 2), b)));
        return cross_entropy(matmul(u, h), g.tokens("labels"));
    });
    return network;
}

}  // namespace

TEST_CASE("a parameter, a layer and a neuron are the entries of theta that bear their names") {
    const Setup<double> net(dotted(), 1);
    const Plan<double>& plan = net.model.plan();
    CHECK(parameter_indices(plan, "hidden.bias") == IndexSet{6, 7, 8});
    CHECK(parameter_indices(plan, "hidden") == index_range(0, 9));
    CHECK(parameter_indices(plan, "hidden2") == index_range(9, 6));
    CHECK(neuron_indices(plan, "hidden.weight", "hidden.bias", 1) == IndexSet{1, 4, 7});
    CHECK(neuron_indices(plan, "hidden2", "", 1) == IndexSet{10, 12, 14});
    CHECK_THROWS_WITH_AS(parameter_indices(plan, "hiden2"),
                         "model: no node is named \"hiden2\"; did you mean \"hidden2\"?",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(parameter_indices(plan, "post"), "index set: \"post\" is not a parameter",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(neuron_indices(plan, "hidden.weight", "hidden.bias", 3),
                         "index set: row 3 of \"hidden.weight\", which has 3",
                         std::invalid_argument);
    CHECK_THROWS_AS(neuron_indices(plan, "hidden.weight", "hidden2", 2), std::invalid_argument);
}

TEST_CASE("joined sets are sorted and must be disjoint") {
    CHECK(join({{4, 9}, {0, 5}, {}}) == IndexSet{0, 4, 5, 9});
    CHECK_THROWS_WITH_AS(join({{1, 2}, {2, 3}}),
                         "join: index 2 is in two of the index sets; they must be disjoint",
                         std::invalid_argument);
}

TEST_CASE("an index set that is empty, outside, repeated or unsorted is refused by name") {
    const auto refused = [](const IndexSet& indices, const char* message) {
        CHECK_THROWS_WITH_AS(check_indices(indices, 5, "layer"), message, std::invalid_argument);
    };
    CHECK_NOTHROW(check_indices({0, 2, 4}, 5, "layer"));
    refused({}, "layer: the index set is empty");
    refused({-1, 2}, "layer: index -1 is not within 0 .. 4");
    refused({0, 5}, "layer: index 5 is not within 0 .. 4");
    refused({1, 2, 2}, "layer: index 2 is repeated");
    refused({3, 1}, "layer: index 1 follows 3; sort the index set");
    CHECK_THROWS_AS(index_range(-1, 3), std::invalid_argument);
    CHECK_THROWS_AS(index_range(0, 0), std::invalid_argument);
}
