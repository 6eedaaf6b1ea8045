#pragma once
// Drafting: which rules one sweep calls, in which order, and who writes a plane first.

#include <vector>

#include "engine/core/plan.h"

namespace dualtape {

// What a sweep holds of a node. lane_save: what push leaves to bend.
enum class Plane { value, tangent, adjoint, dotted, lane_save };
enum class Phase { up, turn, down };
enum class Bend { none, all };  // whether curved ops of the loss contribute

struct DraftCall {
    Node node;
    Rule rule;
    Phase phase;
    ActiveMask active;
    ActiveMask first;
    bool is_dotted;  // pull and bend write dotted adjoints (products) or adjoints (gradients)
};

// A plane that the driver writes or reads at a certain time of the sweep.
struct DraftTouch {
    enum class When { start, turn, end };
    Plane plane;
    Node node;
    When when;
};

// Flags are by root of a node.
struct Draft {
    int order = 2;
    bool keeps_adjoints = false;
    std::vector<DraftCall> calls;
    std::vector<DraftTouch> touches;
    std::vector<bool> written, carried;  // nodes with a (dotted) adjoint, with a tangent
    std::vector<bool> replayed, copied;  // empty outside replays
};

template <class Scalar>
class Drafting {
  public:
    // keeps_adjoints: those of sample nodes lie in Area::chunk_adjoint instead of the lane.
    Drafting(const Plan<Scalar>& plan, int order, bool keeps_adjoints);

    void values(const std::vector<bool>& nodes);
    // Values of `computed` nodes in the replay areas; those of `copied` nodes come from the point.
    void replay(const std::vector<bool>& computed, const std::vector<bool>& copied);
    // Tangents of the nodes in `carriers` that somebody reads: a target, a push, a bend. With
    // `measures` every node that would bend contributes its curvature on the way up.
    void push(const std::vector<bool>& carriers, const std::vector<bool>& sources,
              const std::vector<Node>& targets, Bend bend, bool measures = false);
    // Bend, curvature or the sampled score of the loss ops at the turn, at the network outputs.
    void turn(Rule rule);
    // Adjoints of the inputs of `wanted` nodes, down to the sources.
    void down(const std::vector<bool>& wanted, const std::vector<bool>& sources, Bend bend,
              bool is_dotted);

    // The driver writes this adjoint before the sweep starts or turns, or this tangent.
    void seed(Node id) { draft_.written[root(id)] = true; }
    void seed_tangent(Node id);
    // The plane must exist at the start, the turn or the end of the sweep.
    void touch_at_start(Plane plane, Node id) { touch(plane, id, DraftTouch::When::start); }
    void touch_at_turn(Plane plane, Node id) { touch(plane, id, DraftTouch::When::turn); }
    void touch_at_end(Plane plane, Node id) { touch(plane, id, DraftTouch::When::end); }

    const Draft& draft() const { return draft_; }

  private:
    std::size_t root(Node id) const { return static_cast<std::size_t>(plan_.node(id).root); }
    void touch(Plane plane, Node id, DraftTouch::When when) {
        draft_.touches.push_back({plane, id, when});
    }
    ActiveMask first_mask(Node id, ActiveMask active);

    const Plan<Scalar>& plan_;
    Draft draft_;
};

}  // namespace dualtape
