#include "engine/core/schedule.h"

#include <stdexcept>
#include <string>

#include "engine/core/drafting.h"
#include "engine/core/indexing.h"
#include "engine/core/node_sets.h"
#include "engine/core/resolve.h"

namespace dualtape {

template <class Scalar>
Schedule<Scalar> Scheduler<Scalar>::values(Node target, int order) const {
    const NodeSets<Scalar> sets(plan_);
    Drafting<Scalar> drafting(plan_, order, false);
    drafting.values(target < 0 ? sets.where([](const auto& node) { return node.is_needed; })
                               : plan_.ancestors(target));
    drafting.touch_at_end(Plane::value, target < 0 ? plan_.loss() : target);
    return resolve(plan_, drafting.draft());
}

template <class Scalar>
Schedule<Scalar> Scheduler<Scalar>::gradient(bool keep) const {
    const NodeSets<Scalar> sets(plan_);
    Drafting<Scalar> drafting(plan_, keep ? 2 : 1, keep);
    drafting.values(
        sets.where([&](const auto& node) { return keep ? node.is_needed : node.is_in_loss; }));
    drafting.seed(plan_.loss());
    drafting.touch_at_turn(Plane::adjoint, plan_.loss());
    drafting.touch_at_turn(Plane::value, plan_.loss());
    drafting.down(sets.where([](const auto& node) { return node.is_active && node.is_in_loss; }),
                  sets.none, Bend::none, false);
    return resolve(plan_, drafting.draft());
}

template <class Scalar>
Schedule<Scalar> Scheduler<Scalar>::adjoints() const {
    const NodeSets<Scalar> sets(plan_);
    Drafting<Scalar> drafting(plan_, 2, true);
    drafting.seed(plan_.loss());
    drafting.touch_at_turn(Plane::adjoint, plan_.loss());
    drafting.down(sets.where([](const auto& node) {
        return node.is_active && node.is_in_loss && !node.shape.is_fixed;
    }),
                  sets.none, Bend::none, false);
    return resolve(plan_, drafting.draft());
}

template <class Scalar>
Schedule<Scalar> Scheduler<Scalar>::product(Product product) const {
    const NodeSets<Scalar> sets(plan_);
    Drafting<Scalar> drafting(plan_, 2, true);
    const bool needs_loss_ops = product != Product::hessian && product != Product::curvature &&
                                product != Product::loss_slopes &&
                                product != Product::fisher_empirical;
    if (needs_loss_ops && plan_.loss_ops().empty()) {
        throw std::logic_error(
            "point: this product needs a loss that is a linear combination of loss ops "
            "(cross_entropy, squared_error); it is not defined for this model");
    }
    std::vector<Node> outputs;
    for (const Node id : plan_.loss_ops()) outputs.push_back(plan_.node(id).inputs[0]);
    const auto active = sets.where([](const auto& node) { return node.is_active; });
    const auto below_loss = NodeSets<Scalar>::both(active, plan_.ancestors(plan_.loss()));
    const auto below_outputs = NodeSets<Scalar>::both(active, sets.ancestors(outputs));
    switch (product) {
        case Product::hessian:
            drafting.push(below_loss, sets.none, {}, Bend::all);
            drafting.down(below_loss, sets.none, Bend::all, true);
            break;
        case Product::curvature:
            drafting.push(below_loss, sets.none, {}, Bend::all, true);
            break;
        case Product::gauss_newton:
        case Product::fisher_sampled:
            drafting.push(below_outputs, sets.none, outputs, Bend::none);
            drafting.turn(product == Product::gauss_newton ? Rule::bend : Rule::sampled);
            drafting.down(below_outputs, sets.none, Bend::none, true);
            break;
        case Product::gauss_newton_curvature:
            drafting.push(below_outputs, sets.none, outputs, Bend::none);
            drafting.turn(Rule::curvature);
            break;
        case Product::fisher_empirical: {
            auto ends = plan_.loss_ops();
            if (ends.empty()) ends = {plan_.loss()};
            const auto below_ends = NodeSets<Scalar>::both(active, sets.ancestors(ends));
            drafting.push(below_ends, sets.none, ends, Bend::none);
            for (const Node end : ends) {
                drafting.touch_at_turn(Plane::tangent, end);
                drafting.touch_at_turn(Plane::dotted, end);
                drafting.seed(end);
            }
            drafting.down(below_ends, sets.none, Bend::none, true);
            break;
        }
        case Product::loss_slopes:
            drafting.push(below_loss, sets.none, {plan_.loss()}, Bend::none);
            drafting.touch_at_end(Plane::tangent, plan_.loss());
            break;
        case Product::jacobian:
            drafting.push(below_outputs, sets.none, outputs, Bend::none);
            for (const Node output : outputs) drafting.touch_at_end(Plane::tangent, output);
            break;
        case Product::jacobian_transpose:
            for (const Node output : outputs) {
                drafting.seed(output);
                drafting.touch_at_start(Plane::dotted, output);
            }
            drafting.down(below_outputs, sets.none, Bend::none, true);
            break;
    }
    auto schedule = resolve(plan_, drafting.draft());
    schedule.is_empirical = product == Product::fisher_empirical;
    return schedule;
}

// The nodes between two ends. A path through labels or targets would silently lose its part of the
// derivative, so it is refused.
template <class Scalar>
std::vector<bool> Scheduler<Scalar>::path(const char* rule, Node from, Node to) const {
    const NodeSets<Scalar> sets(plan_);
    auto path = NodeSets<Scalar>::both(sets.descendants(sets.of({from})), plan_.ancestors(to));
    for (int id = 0; id < plan_.size(); ++id) {
        const auto& node = plan_.node(id);
        if (!path[at(id)] || node.op == nullptr || id == from) continue;
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const Node input = node.inputs[i];
            if (!path[at(input)] || !node.op->is_data(static_cast<int>(i))) {
                continue;
            }
            throw std::invalid_argument(std::string(rule) + ": " + std::string(node.op->name()) +
                                        " takes " + plan_.label(input) +
                                        " as data, which has no derivative");
        }
    }
    return path;
}

template <class Scalar>
Schedule<Scalar> Scheduler<Scalar>::push(Node from, Node to) const {
    const NodeSets<Scalar> sets(plan_);
    Drafting<Scalar> drafting(plan_, 2, true);
    const auto path = this->path("push", from, to);
    drafting.push(path, sets.of({from, plan_.node(from).root}), {to}, Bend::none);
    drafting.seed_tangent(from);
    drafting.touch_at_end(Plane::tangent, to);
    return resolve(plan_, drafting.draft());
}

template <class Scalar>
Schedule<Scalar> Scheduler<Scalar>::pull(Node seed, Node at) const {
    const NodeSets<Scalar> sets(plan_);
    Drafting<Scalar> drafting(plan_, 2, true);
    const auto path = this->path("pull", at, seed);
    drafting.seed(seed);
    drafting.touch_at_start(Plane::dotted, seed);
    drafting.down(path, sets.of({at, plan_.node(at).root}), Bend::none, true);
    drafting.touch_at_end(Plane::dotted, at);
    return resolve(plan_, drafting.draft());
}

template <class Scalar>
Schedule<Scalar> Scheduler<Scalar>::replay(const std::vector<Node>& edited, Node read,
                                           bool available) const {
    const NodeSets<Scalar> sets(plan_);
    Drafting<Scalar> drafting(plan_, 0, false);
    const auto edits = sets.of(edited);
    const auto affected = sets.descendants(edits);
    const auto targets = sets.ancestors({plan_.loss(), read});
    auto computed = sets.none, copied = sets.none;
    // Sources whose value is at hand are copied before an edit; so are edited nodes that no other
    // edit reaches. Everything else that is affected is computed again.
    auto is_wanted = NodeSets<Scalar>::both(affected, targets);
    const auto is_read_off = [&](Node id) { return available && plan_.root(id).keeps_value; };
    const auto& loss_op = plan_.node(plan_.loss()).op;
    const bool saves_loss = available && loss_op != nullptr && loss_op->facts().is_loss &&
                            !plan_.node(plan_.loss()).is_tap;
    if (!is_read_off(read)) is_wanted[at(read)] = true;
    if (!is_read_off(plan_.loss()) && !saves_loss) is_wanted[at(plan_.loss())] = true;
    for (int id = plan_.size() - 1; id >= 0; --id) {
        if (!is_wanted[at(id)]) continue;
        const auto& node = plan_.node(id);
        if (node.root != id) {
            is_wanted[at(node.root)] = true;
            continue;
        }
        bool is_reached = false;
        for (const int input : node.inputs) is_reached = is_reached || affected[at(input)];
        const bool is_at_hand =
            node.op == nullptr || (available && node.keeps_value) || node.shape.is_fixed;
        if (!is_reached && is_at_hand) {
            copied[at(id)] = edits[at(id)];
            continue;
        }
        computed[at(id)] = true;
        for (const int input : node.inputs) {
            const auto& root = plan_.root(input);
            const bool is_kept =
                root.op == nullptr || root.shape.is_fixed || (available && root.keeps_value);
            if (!is_kept || affected[at(input)]) is_wanted[at(input)] = true;
        }
    }
    drafting.replay(computed, copied);
    drafting.touch_at_end(Plane::value, plan_.loss());
    drafting.touch_at_end(Plane::value, read);
    return resolve(plan_, drafting.draft());
}

#define DUALTAPE_SCHEDULER(Scalar) template class Scheduler<Scalar>;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_SCHEDULER)

}  // namespace dualtape
