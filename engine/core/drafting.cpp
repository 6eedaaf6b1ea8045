#include "engine/core/drafting.h"

#include "engine/core/indexing.h"

namespace dualtape {

template <class Scalar>
Drafting<Scalar>::Drafting(const Plan<Scalar>& plan, int order, bool keeps_adjoints) : plan_(plan) {
    draft_.order = order;
    draft_.keeps_adjoints = keeps_adjoints;
    draft_.written.assign(at(plan.size()), false);
    draft_.carried = draft_.written;
}

template <class Scalar>
void Drafting<Scalar>::values(const std::vector<bool>& nodes) {
    for (int id = 0; id < plan_.size(); ++id) {
        const auto& node = plan_.node(id);
        if (!nodes[at(id)] || node.root != id) continue;
        if (node.op == nullptr && !node.is_tap) continue;
        draft_.calls.push_back({id, Rule::value, Phase::up, 0, 0, false});
    }
}

template <class Scalar>
void Drafting<Scalar>::replay(const std::vector<bool>& computed, const std::vector<bool>& copied) {
    draft_.replayed = computed;
    draft_.copied = copied;
    for (int id = 0; id < plan_.size(); ++id) {
        draft_.replayed[at(id)] = computed[at(id)] || copied[at(id)];
        if (plan_.node(id).root == id && draft_.replayed[at(id)]) {
            draft_.calls.push_back({id, Rule::value, Phase::up, 0, 0, false});
        }
    }
}

template <class Scalar>
void Drafting<Scalar>::push(const std::vector<bool>& carriers, const std::vector<bool>& sources,
                            const std::vector<Node>& targets, Bend bend, bool measures) {
    std::vector<bool> is_read(at(plan_.size()), false);
    for (const Node target : targets) is_read[at(plan_.node(target).root)] = true;
    for (int id = plan_.size() - 1; id >= 0; --id) {
        if (!carriers[at(id)] || plan_.node(id).op == nullptr || sources[at(id)]) continue;
        const bool bends = bend == Bend::all && plan_.node(id).is_in_loss &&
                           plan_.node(id).op->is_curved(plan_.mask(id, carriers));
        if (!bends && !is_read[at(plan_.node(id).root)]) continue;
        for (const int input : plan_.node(id).inputs) {
            if (carriers[at(input)]) is_read[at(plan_.node(input).root)] = true;
        }
    }
    for (int id = 0; id < plan_.size(); ++id) {
        const auto& node = plan_.node(id);
        if (!carriers[at(id)] || node.root != id || node.op == nullptr || sources[at(id)]) {
            continue;
        }
        const ActiveMask mask = plan_.mask(id, carriers);
        if (measures && node.is_in_loss && node.op->is_curved(mask)) {
            draft_.calls.push_back({id, Rule::curvature, Phase::up, mask, 0, false});
        }
        if (!is_read[at(id)]) continue;
        draft_.calls.push_back({id, Rule::push, Phase::up, mask, 0, false});
        draft_.carried[at(id)] = true;
    }
}

template <class Scalar>
void Drafting<Scalar>::turn(Rule rule) {
    for (const Node id : plan_.loss_ops()) {
        const ActiveMask first = rule == Rule::curvature ? 0 : first_mask(id, ActiveMask{1});
        draft_.calls.push_back({id, rule, Phase::turn, ActiveMask{1}, first, true});
    }
}

template <class Scalar>
void Drafting<Scalar>::seed_tangent(Node id) {
    draft_.carried[at(plan_.node(id).root)] = true;
    touch_at_start(Plane::tangent, id);
}

// Sample nodes come before all fixed ones, as they do in the run: the first of the writes into
// a frontier node that both kinds write is a sample node's, into a partial sum.
template <class Scalar>
void Drafting<Scalar>::down(const std::vector<bool>& wanted, const std::vector<bool>& sources,
                            Bend bend, bool is_dotted) {
    for (const bool is_fixed : {false, true}) {
        for (int id = plan_.size() - 1; id >= 0; --id) {
            const auto& node = plan_.node(id);
            if (!wanted[at(id)] || node.root != id || node.op == nullptr || sources[at(id)] ||
                node.shape.is_fixed != is_fixed) {
                continue;
            }
            const ActiveMask mask = plan_.mask(id, wanted);
            if (mask == 0) continue;
            if (draft_.written[at(id)]) {
                draft_.calls.push_back(
                    {id, Rule::pull, Phase::down, mask, first_mask(id, mask), is_dotted});
            }
            const ActiveMask bent = node.op->bends(mask);
            if (bend == Bend::all && node.is_in_loss && bent != 0) {
                draft_.calls.push_back(
                    {id, Rule::bend, Phase::down, bent, first_mask(id, bent), is_dotted});
            }
        }
    }
}

// First writers assign. Inputs are given in order, so the same node twice is handled.
template <class Scalar>
ActiveMask Drafting<Scalar>::first_mask(Node id, ActiveMask active) {
    ActiveMask first = 0;
    const auto& inputs = plan_.node(id).inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if ((active >> i & 1U) == 0) continue;
        const int root = plan_.node(inputs[i]).root;
        if (!draft_.written[at(root)]) first |= ActiveMask{1} << i;
        draft_.written[at(root)] = true;
    }
    return first;
}

#define DUALTAPE_DRAFTING(Scalar) template class Drafting<Scalar>;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_DRAFTING)

}  // namespace dualtape
