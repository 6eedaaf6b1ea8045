#include "tests/support/planted_snapshot.h"

#include <doctest/doctest.h>

namespace dualtape::testing {

TEST_CASE("the snapshot of a planted network computes its pre-activations and logits") {
    for (const Index p : {7, 12}) {
        INFO("p = ", p);
        const analyses::PlantedSettings planted{p, 9, {2}, analyses::PlantedPhases::uniform, 5};
        const pairs::Snapshot snapshot = planted_snapshot(planted, {.logit_scale = 3});
        const analyses::PlantedValues values =
            analyses::evaluate(analyses::make_planted_network(planted));
        const auto read = [&](const char* node) {
            return snapshot.network->read(snapshot.theta, node, snapshot.network->all_pairs());
        };
        CHECK((read("layers.0.pre") - values.pre).cwiseAbs().maxCoeff() <= 1e-14);
        CHECK((read("layers.0.post") - values.post).cwiseAbs().maxCoeff() <= 1e-14);
        CHECK((read("logits") - 3 * values.logits).cwiseAbs().maxCoeff() <= 1e-13);
        CHECK(snapshot.untrained.size() == snapshot.theta.size());
        CHECK(snapshot.pairs->train.size() == static_cast<std::size_t>(p * p / 2));
    }
}

}  // namespace dualtape::testing
