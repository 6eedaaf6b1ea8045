#pragma once
// A plan with the schedules of all its products: what a model compiles to, once.

#include <memory>
#include <optional>
#include <vector>

#include "engine/core/schedule.h"

namespace dualtape {

// Cost: one pass over the nodes per schedule. Throws what Plan throws.
template <class Scalar>
struct Compiled {
    Compiled(const Graph<Scalar>& graph, Var<Scalar> loss, Options options);

    std::shared_ptr<const Plan<Scalar>> plan;
    Schedule<Scalar> value, all_values, gradient, linearise, adjoints;
    std::vector<std::optional<Schedule<Scalar>>> products;  // by Product; empty: not defined
};

}  // namespace dualtape
