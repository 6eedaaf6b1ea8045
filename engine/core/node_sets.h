#pragma once
// Sets of a plan's nodes, as one flag per id.

#include <vector>

#include "engine/core/indexing.h"
#include "engine/core/plan.h"

namespace dualtape {

template <class Scalar>
struct NodeSets {
    using Set = std::vector<bool>;

    explicit NodeSets(const Plan<Scalar>& of) : plan(of), none(at(of.size()), false) {}

    Set where(const auto& predicate) const {
        Set set = none;
        for (int id = 0; id < plan.size(); ++id) set[at(id)] = predicate(plan.node(id));
        return set;
    }
    Set of(const std::vector<Node>& ids) const {
        Set set = none;
        for (const Node id : ids) set[at(id)] = true;
        return set;
    }
    // A node and everything that depends on it.
    Set descendants(Set set) const {
        for (int id = 0; id < plan.size(); ++id) {
            for (const int input : plan.node(id).inputs) {
                if (set[at(input)]) set[at(id)] = true;
            }
        }
        return set;
    }
    Set ancestors(const std::vector<Node>& ids) const {
        Set set = none;
        for (const Node id : ids) {
            const Set other = plan.ancestors(id);
            for (std::size_t i = 0; i < set.size(); ++i) set[i] = set[i] || other[i];
        }
        return set;
    }
    static Set both(Set a, const Set& b) {
        for (std::size_t i = 0; i < a.size(); ++i) a[i] = a[i] && b[i];
        return a;
    }

    const Plan<Scalar>& plan;
    Set none;
};

}  // namespace dualtape
