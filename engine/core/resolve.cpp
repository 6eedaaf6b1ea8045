#include "engine/core/resolve.h"

#include <algorithm>
#include <map>

#include "engine/core/indexing.h"
#include "engine/core/packing.h"

namespace dualtape {

namespace {

template <class Scalar>
class Resolver {
  public:
    Resolver(const Plan<Scalar>& plan, const Draft& draft) : plan_(plan), draft_(draft) {}

    Schedule<Scalar> run() {
        // Step 1. Order: up, turn, down; fixed nodes are moved out to prologue and epilogue.
        std::vector<DraftCall> calls = draft_.calls;
        std::stable_sort(calls.begin(), calls.end(),
                         [](const auto& a, const auto& b) { return a.phase < b.phase; });
        // Step 2. Lives of the lane planes, and their places.
        find_lives(calls);
        std::vector<LivePlane*> planes;
        for (auto& entry : lives_) planes.push_back(&entry.second);
        Schedule<Scalar> schedule;
        schedule.lane_bytes = pack(planes);
        // Step 3. Steps with resolved places.
        schedule.order = draft_.order;
        for (int id = 0; id < plan_.size(); ++id) {
            schedule.is_written.push_back(draft_.written[at(plan_.node(id).root)]);
            schedule.is_carried.push_back(draft_.carried[at(plan_.node(id).root)]);
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
        for (const DraftCall& call : calls) append(call, schedule);
        return schedule;
    }

  private:
    struct Key {
        Plane plane;
        int root;
        int part;
        auto operator<=>(const Key&) const = default;
    };

    void append(const DraftCall& call, Schedule<Scalar>& schedule) const {
        Step<Scalar> step = this->step(call);
        const double flops = step.op == nullptr
                                 ? 0.0
                                 : step.op->flops(call.rule, plan_.input_shapes(call.node),
                                                  call.active, step.y.shape.span);
        const bool is_fixed = step.y.shape.is_fixed;
        (is_fixed ? schedule.flops_fixed : schedule.flops_per_sample) += flops;
        auto& list = is_fixed ? (call.phase == Phase::up ? schedule.prologue : schedule.epilogue)
                              : (call.phase == Phase::up     ? schedule.up
                                 : call.phase == Phase::turn ? schedule.turn
                                                             : schedule.down);
        list.push_back(std::move(step));
    }

    void find_lives(const std::vector<DraftCall>& calls) {
        const int end = static_cast<int>(calls.size());
        const auto first = std::find_if(calls.begin(), calls.end(),
                                        [](const auto& call) { return call.phase != Phase::up; });
        const int turn = static_cast<int>(first - calls.begin());
        for (const DraftTouch& driver : draft_.touches) {
            const int when = driver.when == DraftTouch::When::start  ? -1
                             : driver.when == DraftTouch::When::turn ? turn
                                                                     : end;
            touch(driver.plane, driver.node, 0, when);
        }
        for (int i = 0; i < end; ++i) touch_planes(calls[at(i)], i);
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
                return is_fixed || draft_.keeps_adjoints ? node.adjoint : Place{};
            case Plane::lane_save:
                return {};
        }
        return {};
    }

    // What a replay recomputes lies in areas of its own, at the same offsets.
    Place substituted(Place place, int root) const {
        if (draft_.replayed.empty() || !draft_.replayed[at(root)]) return place;
        if (place.area == Area::fixed) place.area = Area::replay_fixed;
        if (place.area == Area::chunk) place.area = Area::replay_chunk;
        return place;
    }

    Place place(Plane plane, int id, int part = 0) const {
        const int root = plan_.node(id).root;
        const Place kept = kept_place(plane, root);
        if (kept.area != Area::none) return kept;
        const auto found = lives_.find({plane, root, part});
        return found == lives_.end() ? Place{} : Place{Area::lane, found->second.offset};
    }

    void touch(Plane plane, int id, int part, int when) {
        const int root = plan_.node(id).root;
        const auto& node = plan_.node(root);
        if (node.shape.is_fixed || kept_place(plane, root).area != Area::none) return;
        const std::size_t bytes =
            plane == Plane::lane_save ? node.lane_save_bytes[at(part)] : node.plane_bytes;
        const auto [entry, is_new] =
            lives_.try_emplace(Key{plane, root, part}, LivePlane{when, when, bytes});
        entry->second.birth = std::min(entry->second.birth, when);
        entry->second.death = std::max(entry->second.death, when);
    }

    void touch_planes(const DraftCall& call, int when) {
        const auto& node = plan_.node(call.node);
        const Plane down = call.is_dotted ? Plane::dotted : Plane::adjoint;
        if (call.rule == Rule::value) touch(Plane::value, call.node, 0, when);
        // curvature may use the tangent of its output as scratch.
        if (call.rule == Rule::push || call.rule == Rule::curvature) {
            touch(Plane::tangent, call.node, 0, when);
        }
        if (call.rule == Rule::pull) touch(down, call.node, 0, when);
        const bool is_lane_saved = call.rule == Rule::push || call.rule == Rule::bend;
        for (std::size_t part = 0; is_lane_saved && part < node.lane_save_bytes.size(); ++part) {
            touch(Plane::lane_save, call.node, static_cast<int>(part), when);
        }
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const bool is_active = (call.active >> i & 1U) != 0;
            if (call.rule == Rule::value) {
                touch(Plane::value, node.inputs[i], 0, when);
            } else if (is_active) {
                if (call.rule != Rule::pull) touch(Plane::tangent, node.inputs[i], 0, when);
                const bool gives = call.rule == Rule::pull || call.rule == Rule::bend ||
                                   call.rule == Rule::sampled;
                if (gives) touch(down, node.inputs[i], 0, when);
            }
        }
    }

    Step<Scalar> step(const DraftCall& call) const {
        const auto& node = plan_.node(call.node);
        const Plane down = call.is_dotted ? Plane::dotted : Plane::adjoint;
        Step<Scalar> result;
        result.node = call.node;
        result.rule = call.rule;
        result.op = node.op.get();
        result.is_tap = node.is_tap;
        result.y_seen = place(Plane::value, call.node);
        // Bends read the cached adjoint; pull reads the plane its own sweep writes.
        result.y = {
            node.own_value.area != Area::none ? substituted(node.own_value, call.node)
                                              : result.y_seen,
            place(Plane::tangent, call.node),
            call.rule == Rule::pull ? place(down, call.node) : plan_.root(call.node).adjoint,
            node.shape};
        if (!draft_.copied.empty() && draft_.copied[at(call.node)]) {
            result.op = nullptr;
            result.copied_from = node.value;
        }
        for (const Place save : node.saves) result.saves.push_back(substituted(save, call.node));
        for (std::size_t part = 0; part < node.lane_save_bytes.size(); ++part) {
            result.lane_saves.push_back(
                node.shape.is_fixed ? node.fixed_lane_saves[part]
                                    : place(Plane::lane_save, call.node, static_cast<int>(part)));
        }
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const int id = node.inputs[i];
            const bool is_partial = plan_.node(id).shape.is_fixed && !node.shape.is_fixed;
            result.inputs.push_back(
                {{place(Plane::value, id), place(Plane::tangent, id),
                  is_partial ? Place{Area::partial, plan_.node(id).fixed_offset} : place(down, id),
                  plan_.node(id).shape},
                 (call.active >> i & 1U) != 0,
                 (call.first >> i & 1U) != 0,
                 is_partial});
        }
        return result;
    }

    const Plan<Scalar>& plan_;
    const Draft& draft_;
    std::map<Key, LivePlane> lives_;  // planes of the lane
};

}  // namespace

template <class Scalar>
Schedule<Scalar> resolve(const Plan<Scalar>& plan, const Draft& draft) {
    return Resolver<Scalar>(plan, draft).run();
}

#define DUALTAPE_RESOLVE(Scalar) \
    template Schedule<Scalar> resolve(const Plan<Scalar>&, const Draft&);
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_RESOLVE)

}  // namespace dualtape
