#pragma once
// Schedule: the flat list of rule calls that makes up one product, with every plane resolved.

#include <string>
#include <vector>

#include "engine/core/plan.h"

namespace dualtape {

// The planes of one node as a step uses them; a sweep makes NodePlanes of it.
struct NodePlaces {
    Place value, tangent, adjoint;
    Shape shape;
};

struct StepInput : NodePlaces {
    bool is_active = false;
    bool is_first = false;    // first write of the sweep; into a partial also needs a first chunk
    bool is_partial = false;  // the adjoint is a partial sum of the frontier
};

// One call of one rule.
template <class Scalar>
struct Step {
    Node node = 0;
    Rule rule = Rule::value;
    const Op<Scalar>* op = nullptr;  // null: the value is at hand and may be edited
    Place copied_from;               // replays: where the value at hand is copied from
    bool is_tap = false;
    NodePlaces y;
    Place y_seen;  // the value that consumers read (differs for some taps)
    std::vector<Place> saves, lane_saves;
    std::vector<StepInput> inputs;
};

// Run in order: prologue (fixed nodes, once per tangent); up, turn and down (every chunk); then
// the partial sums of the frontier; epilogue (fixed nodes, once per tangent).
template <class Scalar>
struct Schedule {
    std::vector<Step<Scalar>> prologue, up, turn, down, epilogue;
    int order = 2;
    bool is_empirical = false;  // the driver seeds the loss ops with weighted slopes at the turn
    std::size_t lane_bytes = 0;
    std::vector<bool> is_written;  // by node: does the sweep write its (dotted) adjoint?
    std::vector<bool> is_carried;  // ... its tangent?
    std::vector<Place> value;      // by node: places that the driver seeds or reads
    std::vector<Place> tangent;
    std::vector<Place> dotted;
    Place loss_adjoint;           // primal sweeps: where the driver puts the loss weights
    Place wide_loss;              // Wide losses of the loss op; none: sum its value plane
    double flops_per_sample = 0;  // of matrix products
    double flops_fixed = 0;
};

// The products a Point offers with respect to theta.
enum class Product {
    hessian,
    gauss_newton,
    fisher_empirical,
    fisher_sampled,
    jacobian,
    jacobian_transpose,
    curvature,
    gauss_newton_curvature,
    loss_slopes
};

// What one sweep is to do. Schedules are made from this in two passes: draft the calls, then
// pack the planes that live within the sweep by the steps between first and last use.
template <class Scalar>
class Scheduler {
  public:
    explicit Scheduler(const Plan<Scalar>& plan) : plan_(plan) {}

    // Values of all ancestors of `target` (order 0), or of every needed node (target -1).
    Schedule<Scalar> values(Node target, int order) const;
    // Values of the loss and the adjoints of theta. keep: also store the adjoints of curved and
    // named nodes in Area::chunk_adjoint and everything at order 2 (this linearises a point).
    Schedule<Scalar> gradient(bool keep) const;
    // Recomputes the kept adjoints of a chunk whose values are at hand; theta gets nothing.
    Schedule<Scalar> adjoints() const;
    // Throws std::logic_error when the loss does not offer the product.
    Schedule<Scalar> product(Product product) const;
    // Tangents from one node to another; adjoints from `seed` back to `at`. Throw
    // std::invalid_argument when the path enters an op as data.
    Schedule<Scalar> push(Node from, Node to) const;
    Schedule<Scalar> pull(Node seed, Node at) const;
    // Values of the descendants of the edited nodes, as far as the loss or `read` need them, and
    // of unkept values among their inputs. `available`: kept values can be read from the point.
    Schedule<Scalar> replay(const std::vector<Node>& edited, Node read, bool available) const;

  private:
    std::vector<bool> path(const char* rule, Node from, Node to) const;

    const Plan<Scalar>& plan_;
};

}  // namespace dualtape
