#include "engine/core/schedule.h"

#include <algorithm>
#include <map>

namespace dualtape {

namespace {

enum class Plane { value, tangent, adjoint, dotted, lane_save };
enum class Phase { up, turn, down };
enum class Bend { none, all };

struct Draft {
    Node node;
    Rule rule;
    Phase phase;
    ActiveMask active;
    ActiveMask first;
    bool is_dotted;  // pull and bend write dotted adjoints (products) or adjoints (gradients)
};

struct PackedPlane {
    Plane plane;
    int root;
    int part;
    int birth;
    int death;
    std::size_t bytes;
    std::size_t offset;
};

// First fit in order of birth: planes whose lives overlap get disjoint memory.
std::size_t pack(std::vector<PackedPlane>& planes) {
    std::size_t end = 0;
    std::vector<const PackedPlane*> placed;
    for (PackedPlane& plane : planes) {
        std::vector<const PackedPlane*> rivals;
        for (const PackedPlane* other : placed) {
            if (other->death >= plane.birth && plane.death >= other->birth) rivals.push_back(other);
        }
        std::sort(rivals.begin(), rivals.end(),
                  [](const auto* a, const auto* b) { return a->offset < b->offset; });
        std::size_t offset = 0;
        for (const PackedPlane* rival : rivals) {
            if (offset + plane.bytes <= rival->offset) break;
            offset = std::max(offset, rival->offset + rival->bytes);
        }
        plane.offset = offset;
        end = std::max(end, offset + plane.bytes);
        placed.push_back(&plane);
    }
    return end;
}

// Drafts the calls of one sweep and turns them into a schedule.
template <class Scalar>
class Drafting {
  public:
    Drafting(const Plan<Scalar>& plan, int order, bool keeps_adjoints)
        : plan_(plan),
          order_(order),
          keeps_adjoints_(keeps_adjoints),
          written_(static_cast<std::size_t>(plan.size()), false),
          carried_(written_) {}

    void values(const std::vector<bool>& nodes) {
        for (int id = 0; id < plan_.size(); ++id) {
            const auto& node = plan_.node(id);
            if (!nodes[at(id)] || node.root != id) continue;
            const bool is_tapped_source = node.op == nullptr && node.is_tap;
            if (node.op != nullptr || is_tapped_source)
                add({id, Rule::value, Phase::up, 0, 0, false});
        }
    }

    // Values of `computed` nodes in the replay areas; those of `copied` nodes come from the point.
    void replay(const std::vector<bool>& computed, const std::vector<bool>& copied) {
        replayed_ = computed;
        copied_ = copied;
        for (int id = 0; id < plan_.size(); ++id) {
            replayed_[at(id)] = computed[at(id)] || copied[at(id)];
            if (plan_.node(id).root == id && replayed_[at(id)]) {
                add({id, Rule::value, Phase::up, 0, 0, false});
            }
        }
    }

    // Tangents of the nodes in `carriers` that somebody reads: a target, a push, a bend. With
    // `measures` every node that would bend contributes its curvature on the way up.
    void push(const std::vector<bool>& carriers, const std::vector<bool>& sources,
              const std::vector<Node>& targets, Bend bend, bool measures = false) {
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
                add({id, Rule::curvature, Phase::up, mask, 0, false});
            }
            if (!is_read[at(id)]) continue;
            add({id, Rule::push, Phase::up, mask, 0, false});
            carried_[at(id)] = true;
        }
    }

    // Bend, curvature or the sampled score of the loss ops at the turn, at the network outputs.
    void turn(Rule rule) {
        for (const Node id : plan_.loss_ops()) {
            const ActiveMask first = rule == Rule::curvature ? 0 : first_mask(id, ActiveMask{1});
            add({id, rule, Phase::turn, ActiveMask{1}, first, true});
        }
    }

    // The driver writes this adjoint before the sweep starts or turns, or this tangent.
    void seed(Node id) { written_[at(plan_.node(id).root)] = true; }
    void seed_tangent(Node id) {
        carried_[at(plan_.node(id).root)] = true;
        edges_.push_back({Plane::tangent, id, -1});
    }

    // Sample nodes come before all fixed ones, as they do in the run: the first of the writes into
    // a frontier node that both kinds write is a sample node's, into a partial sum.
    void down(const std::vector<bool>& wanted, const std::vector<bool>& sources, Bend bend,
              bool is_dotted) {
        for (const bool is_fixed : {false, true}) {
            for (int id = plan_.size() - 1; id >= 0; --id) {
                const auto& node = plan_.node(id);
                if (!wanted[at(id)] || node.root != id || node.op == nullptr || sources[at(id)] ||
                    node.shape.is_fixed != is_fixed) {
                    continue;
                }
                const ActiveMask mask = plan_.mask(id, wanted);
                if (mask == 0) continue;
                if (written_[at(id)]) {
                    add({id, Rule::pull, Phase::down, mask, first_mask(id, mask), is_dotted});
                }
                const ActiveMask bent = node.op->bends(mask);
                if (bend == Bend::all && node.is_in_loss && bent != 0) {
                    add({id, Rule::bend, Phase::down, bent, first_mask(id, bent), is_dotted});
                }
            }
        }
    }

    // The lane plane must exist at the start (or the turn, or the end) of the sweep.
    void touch_at_start(Plane plane, Node id) { edges_.push_back({plane, id, -1}); }
    void touch_at_end(Plane plane, Node id) { edges_.push_back({plane, id, kEnd}); }
    void touch_at_turn(Plane plane, Node id) { edges_.push_back({plane, id, kTurn}); }

    Schedule<Scalar> finish() {
        // Step 1. Order: up, turn, down; fixed nodes are moved out to prologue and epilogue.
        std::stable_sort(drafts_.begin(), drafts_.end(),
                         [](const Draft& a, const Draft& b) { return a.phase < b.phase; });
        const auto turn = std::find_if(drafts_.begin(), drafts_.end(),
                                       [](const Draft& d) { return d.phase != Phase::up; });
        const int turn_index = static_cast<int>(turn - drafts_.begin());
        // Step 2. Lives of the lane planes.
        const int last = static_cast<int>(drafts_.size());
        for (const Edge& edge : edges_) {
            const int when = edge.when == kTurn ? turn_index : edge.when == kEnd ? last : -1;
            touch(edge.plane, edge.node, 0, when);
        }
        for (int i = 0; i < last; ++i) touch_planes(drafts_[at(i)], i);
        Schedule<Scalar> schedule;
        std::vector<PackedPlane> planes;
        for (const auto& entry : lives_) planes.push_back(entry.second);
        std::stable_sort(planes.begin(), planes.end(),
                         [](const auto& a, const auto& b) { return a.birth < b.birth; });
        schedule.lane_bytes = pack(planes);
        for (const PackedPlane& plane : planes) {
            offsets_[{plane.plane, plane.root, plane.part}] = plane.offset;
        }
        // Step 3. Steps with resolved places.
        schedule.order = order_;
        for (int id = 0; id < plan_.size(); ++id) {
            schedule.is_written.push_back(written_[at(plan_.node(id).root)]);
            schedule.is_carried.push_back(carried_[at(plan_.node(id).root)]);
            schedule.value.push_back(place(Plane::value, id));
            schedule.tangent.push_back(place(Plane::tangent, id));
            schedule.dotted.push_back(place(Plane::dotted, id));
        }
        schedule.loss_adjoint = place(Plane::adjoint, plan_.loss());
        const auto& loss = plan_.node(plan_.loss());
        // An edited loss is read from its plane: the op saves what it computed itself.
        if (loss.op != nullptr && loss.op->facts().is_loss && !loss.is_tap) {
            schedule.wide_loss = substituted(loss.saves.at(0), plan_.loss());
        }
        for (const Draft& draft : drafts_) {
            Step<Scalar> step = resolve(draft);
            const auto flops = step.op == nullptr
                                   ? 0.0
                                   : step.op->flops(draft.rule, plan_.input_shapes(draft.node),
                                                    draft.active, step.span);
            (step.is_fixed ? schedule.flops_fixed : schedule.flops_per_sample) += flops;
            auto& list = step.is_fixed
                             ? (draft.phase == Phase::up ? schedule.prologue : schedule.epilogue)
                             : (draft.phase == Phase::up     ? schedule.up
                                : draft.phase == Phase::turn ? schedule.turn
                                                             : schedule.down);
            list.push_back(std::move(step));
        }
        return schedule;
    }

  private:
    static constexpr int kTurn = -2, kEnd = -3;
    struct Edge {
        Plane plane;
        Node node;
        int when;
    };
    struct Key {
        Plane plane;
        int root;
        int part;
        auto operator<=>(const Key&) const = default;
    };

    static std::size_t at(int id) { return static_cast<std::size_t>(id); }
    void add(Draft draft) { drafts_.push_back(draft); }

    // First writers assign. Inputs are given in order, so the same node twice is handled.
    ActiveMask first_mask(Node id, ActiveMask active) {
        ActiveMask first = 0;
        const auto& inputs = plan_.node(id).inputs;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            if ((active >> i & 1U) == 0) continue;
            const int root = plan_.node(inputs[i]).root;
            if (!written_[at(root)]) first |= ActiveMask{1} << i;
            written_[at(root)] = true;
        }
        return first;
    }

    // Where a plane lies outside the lane; Area::none if it is a lane plane.
    Place kept_place(Plane plane, int root) const {
        const auto& node = plan_.node(root);
        const bool is_fixed = node.shape.is_fixed;
        switch (plane) {
            case Plane::value:
                return substituted(node.value, root);
            case Plane::tangent:
                return is_fixed ? Place{Area::fixed_lane, node.fixed_offset} : Place{};
            case Plane::dotted:
                return is_fixed
                           ? Place{Area::fixed_lane, plan_.fixed_plane_bytes() + node.fixed_offset}
                           : Place{};
            case Plane::adjoint:
                return is_fixed || keeps_adjoints_ ? node.adjoint : Place{};
            case Plane::lane_save:
                return {};
        }
        return {};
    }

    // What a replay recomputes lies in areas of its own, at the same offsets.
    Place substituted(Place place, int root) const {
        if (replayed_.empty() || !replayed_[at(root)]) return place;
        if (place.area == Area::fixed) place.area = Area::replay_fixed;
        if (place.area == Area::chunk) place.area = Area::replay_chunk;
        return place;
    }

    Place place(Plane plane, int id, int part = 0) const {
        const int root = plan_.node(id).root;
        const Place kept = kept_place(plane, root);
        if (kept.area != Area::none) return kept;
        const auto found = offsets_.find({plane, root, part});
        return found == offsets_.end() ? Place{} : Place{Area::lane, found->second};
    }

    void touch(Plane plane, int id, int part, int when) {
        const int root = plan_.node(id).root;
        const auto& node = plan_.node(root);
        if (node.shape.is_fixed || kept_place(plane, root).area != Area::none) return;
        const std::size_t bytes =
            plane == Plane::lane_save ? node.lane_save_bytes[at(part)] : node.plane_bytes;
        const auto [entry, is_new] = lives_.try_emplace(
            Key{plane, root, part}, PackedPlane{plane, root, part, when, when, bytes, 0});
        entry->second.birth = std::min(entry->second.birth, when);
        entry->second.death = std::max(entry->second.death, when);
    }

    void touch_planes(const Draft& draft, int when) {
        const auto& node = plan_.node(draft.node);
        const Plane down = draft.is_dotted ? Plane::dotted : Plane::adjoint;
        if (draft.rule == Rule::value) touch(Plane::value, draft.node, 0, when);
        // curvature may use the tangent of its output as scratch.
        if (draft.rule == Rule::push || draft.rule == Rule::curvature) {
            touch(Plane::tangent, draft.node, 0, when);
        }
        if (draft.rule == Rule::pull) touch(down, draft.node, 0, when);
        const bool is_lane_saved = draft.rule == Rule::push || draft.rule == Rule::bend;
        for (std::size_t part = 0; is_lane_saved && part < node.lane_save_bytes.size(); ++part) {
            touch(Plane::lane_save, draft.node, static_cast<int>(part), when);
        }
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const bool is_active = (draft.active >> i & 1U) != 0;
            if (draft.rule == Rule::value) {
                touch(Plane::value, node.inputs[i], 0, when);
            } else if (is_active) {
                if (draft.rule != Rule::pull) touch(Plane::tangent, node.inputs[i], 0, when);
                const bool gives = draft.rule == Rule::pull || draft.rule == Rule::bend ||
                                   draft.rule == Rule::sampled;
                if (gives) touch(down, node.inputs[i], 0, when);
            }
        }
    }

    Step<Scalar> resolve(const Draft& draft) const {
        const auto& node = plan_.node(draft.node);
        const Plane down = draft.is_dotted ? Plane::dotted : Plane::adjoint;
        Step<Scalar> step;
        step.node = draft.node;
        step.rule = draft.rule;
        step.op = node.op;
        step.is_fixed = node.shape.is_fixed;
        step.is_tap = node.is_tap;
        step.rows = node.shape.rows;
        step.span = node.shape.span;
        step.y_seen = place(Plane::value, draft.node);
        step.y = node.own_value.area != Area::none ? substituted(node.own_value, draft.node)
                                                   : step.y_seen;
        if (!copied_.empty() && copied_[at(draft.node)]) {
            step.op = nullptr;
            step.copied_from = node.value;
        }
        step.y_dot = place(Plane::tangent, draft.node);
        // Bends read the cached adjoint; pull reads the plane its own sweep writes.
        step.y_bar =
            draft.rule == Rule::pull ? place(down, draft.node) : plan_.root(draft.node).adjoint;
        for (const Place save : node.saves) step.saves.push_back(substituted(save, draft.node));
        for (std::size_t part = 0; part < node.lane_save_bytes.size(); ++part) {
            step.lane_saves.push_back(
                node.shape.is_fixed ? node.fixed_lane_saves[part]
                                    : place(Plane::lane_save, draft.node, static_cast<int>(part)));
        }
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const int id = node.inputs[i];
            StepInput input;
            input.rows = plan_.node(id).shape.rows;
            input.span = plan_.node(id).shape.span;
            input.is_fixed = plan_.node(id).shape.is_fixed;
            input.is_active = (draft.active >> i & 1U) != 0;
            input.is_first = (draft.first >> i & 1U) != 0;
            input.value = place(Plane::value, id);
            input.tangent = place(Plane::tangent, id);
            input.adjoint = place(down, id);
            if (input.is_fixed && !step.is_fixed) {
                input.is_partial = true;
                input.adjoint = {Area::partial, plan_.node(id).fixed_offset};
            }
            step.inputs.push_back(input);
        }
        return step;
    }

    const Plan<Scalar>& plan_;
    int order_;
    bool keeps_adjoints_;
    std::vector<bool> written_, carried_;  // by root
    std::vector<bool> replayed_, copied_;  // by root; empty outside replays
    std::vector<Draft> drafts_;
    std::vector<Edge> edges_;
    std::map<Key, PackedPlane> lives_;
    std::map<Key, std::size_t> offsets_;
};

// Sets of nodes, by id.
template <class Scalar>
struct Sets {
    using Set = std::vector<bool>;

    explicit Sets(const Plan<Scalar>& of)
        : plan(of), none(static_cast<std::size_t>(of.size()), false) {}

    Set where(const auto& predicate) const {
        Set set = none;
        for (int id = 0; id < plan.size(); ++id) {
            set[static_cast<std::size_t>(id)] = predicate(plan.node(id));
        }
        return set;
    }
    Set of(const std::vector<Node>& ids) const {
        Set set = none;
        for (const Node id : ids) set[static_cast<std::size_t>(id)] = true;
        return set;
    }
    // A node and everything that depends on it.
    Set descendants(Set set) const {
        for (int id = 0; id < plan.size(); ++id) {
            for (const int input : plan.node(id).inputs) {
                if (set[static_cast<std::size_t>(input)]) set[static_cast<std::size_t>(id)] = true;
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

}  // namespace

template <class Scalar>
Schedule<Scalar> Scheduler<Scalar>::values(Node target, int order) const {
    const Sets<Scalar> sets(plan_);
    Drafting<Scalar> drafting(plan_, order, false);
    drafting.values(target < 0 ? sets.where([](const auto& node) { return node.is_needed; })
                               : plan_.ancestors(target));
    drafting.touch_at_end(Plane::value, target < 0 ? plan_.loss() : target);
    return drafting.finish();
}

template <class Scalar>
Schedule<Scalar> Scheduler<Scalar>::gradient(bool keep) const {
    const Sets<Scalar> sets(plan_);
    Drafting<Scalar> drafting(plan_, keep ? 2 : 1, keep);
    drafting.values(
        sets.where([&](const auto& node) { return keep ? node.is_needed : node.is_in_loss; }));
    drafting.seed(plan_.loss());
    drafting.touch_at_turn(Plane::adjoint, plan_.loss());
    drafting.touch_at_turn(Plane::value, plan_.loss());
    drafting.down(sets.where([](const auto& node) { return node.is_active && node.is_in_loss; }),
                  sets.none, Bend::none, false);
    return drafting.finish();
}

template <class Scalar>
Schedule<Scalar> Scheduler<Scalar>::adjoints() const {
    const Sets<Scalar> sets(plan_);
    Drafting<Scalar> drafting(plan_, 2, true);
    drafting.seed(plan_.loss());
    drafting.touch_at_turn(Plane::adjoint, plan_.loss());
    drafting.down(sets.where([](const auto& node) {
        return node.is_active && node.is_in_loss && !node.shape.is_fixed;
    }),
                  sets.none, Bend::none, false);
    return drafting.finish();
}

template <class Scalar>
Schedule<Scalar> Scheduler<Scalar>::product(Product product) const {
    const Sets<Scalar> sets(plan_);
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
    const auto below_loss = Sets<Scalar>::both(active, plan_.ancestors(plan_.loss()));
    const auto below_outputs = Sets<Scalar>::both(active, sets.ancestors(outputs));
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
        case Product::fisher_empirical:
            drafting.push(below_loss, sets.none, {plan_.loss()}, Bend::none);
            drafting.touch_at_turn(Plane::tangent, plan_.loss());
            drafting.touch_at_turn(Plane::dotted, plan_.loss());
            drafting.seed(plan_.loss());
            drafting.down(below_loss, sets.none, Bend::none, true);
            break;
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
    return drafting.finish();
}

// The nodes between two ends. A path through labels or targets would silently lose its part of the
// derivative, so it is refused.
template <class Scalar>
std::vector<bool> Scheduler<Scalar>::path(const char* rule, Node from, Node to) const {
    const Sets<Scalar> sets(plan_);
    auto path = Sets<Scalar>::both(sets.descendants(sets.of({from})), plan_.ancestors(to));
    for (int id = 0; id < plan_.size(); ++id) {
        const auto& node = plan_.node(id);
        if (!path[static_cast<std::size_t>(id)] || node.op == nullptr || id == from) continue;
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const Node input = node.inputs[i];
            if (!path[static_cast<std::size_t>(input)] || !node.op->is_data(static_cast<int>(i))) {
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
    const Sets<Scalar> sets(plan_);
    Drafting<Scalar> drafting(plan_, 2, true);
    const auto path = this->path("push", from, to);
    drafting.push(path, sets.of({from, plan_.node(from).root}), {to}, Bend::none);
    drafting.seed_tangent(from);
    drafting.touch_at_end(Plane::tangent, to);
    return drafting.finish();
}

template <class Scalar>
Schedule<Scalar> Scheduler<Scalar>::pull(Node seed, Node at) const {
    const Sets<Scalar> sets(plan_);
    Drafting<Scalar> drafting(plan_, 2, true);
    const auto path = this->path("pull", at, seed);
    drafting.seed(seed);
    drafting.touch_at_start(Plane::dotted, seed);
    drafting.down(path, sets.of({at, plan_.node(at).root}), Bend::none, true);
    drafting.touch_at_end(Plane::dotted, at);
    return drafting.finish();
}

template <class Scalar>
Schedule<Scalar> Scheduler<Scalar>::replay(const std::vector<Node>& edited, Node read,
                                           bool available) const {
    const Sets<Scalar> sets(plan_);
    Drafting<Scalar> drafting(plan_, 0, false);
    const auto edits = sets.of(edited);
    const auto affected = sets.descendants(edits);
    const auto targets = sets.ancestors({plan_.loss(), read});
    auto computed = sets.none, copied = sets.none;
    const auto at = [](int id) { return static_cast<std::size_t>(id); };
    // Sources whose value is at hand are copied before an edit; so are edited nodes that no other
    // edit reaches. Everything else that is affected is computed again.
    auto is_wanted = Sets<Scalar>::both(affected, targets);
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
    return drafting.finish();
}

#define DUALTAPE_SCHEDULER(Scalar) template class Scheduler<Scalar>;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_SCHEDULER)

}  // namespace dualtape
