#pragma once
// Plan: which nodes are needed, which planes are kept, and where every plane lies in memory.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/graph.h"

namespace dualtape {

using Node = int;  // a node of a compiled model, resolved from a name once

// What a model is compiled with.
struct Options {
    std::vector<std::string> taps;    // nodes that edits and derivatives may touch
    std::vector<std::string> frozen;  // parameters that are constants: rows of HV are zero
    std::uint64_t seed = 0;           // of the labels of the sampled Fisher
    std::size_t chunk_bytes = std::size_t{1} << 19;  // part of the bit contract
    std::size_t memory_limit = std::size_t{4} << 30;
};

// How much a point keeps for the whole batch; the rest is computed again by every product.
enum class Keep { all, values, nothing };

// The blocks of memory that planes lie in. A Place is an offset into one of them; who runs a
// schedule supplies the addresses.
enum class Area {
    none,
    fixed,          // theta and the nodes computed from it alone: values and saves
    fixed_adjoint,  // their adjoints (the gradient)
    chunk,          // one chunk of samples: inputs, values, saves
    chunk_adjoint,  // one chunk: adjoints that products read
    lane,           // per thread, one chunk: whatever lives within one sweep
    fixed_lane,     // per tangent: tangents and dotted adjoints of fixed nodes
    partial,        // per group: adjoints of the frontier before they are summed
    replay_fixed,   // what a replay recomputes, laid out like fixed ...
    replay_chunk    // ... and like chunk
};
inline constexpr int kAreas = 10;

struct Place {
    Area area = Area::none;
    std::size_t offset = 0;  // bytes, a multiple of kPlaneAlignment
};

template <class Scalar>
struct PlannedNode : NodeRecord<Scalar> {
    explicit PlannedNode(NodeRecord<Scalar> record) : NodeRecord<Scalar>(std::move(record)) {}

    Index token_limit = 0;   // tokens: valid ones are below, by the ops that read them
    int root = 0;            // the node whose planes it shares: itself, or a view's input
    bool is_needed = false;  // by the loss or a named node
    bool is_tap = false;
    bool is_active = false;    // depends on a parameter that is not frozen
    bool is_in_loss = false;   // the loss depends on it
    bool keeps_value = false;  // in Area::fixed or Area::chunk; otherwise transient, in the lane
    bool keeps_adjoint = false;
    Place value;      // as consumers see it, behind edits
    Place own_value;  // as its own rules see it: another plane for taps that need y
    Place adjoint;    // kept ones only
    std::vector<Place> saves;
    std::size_t fixed_offset = 0;  // fixed nodes: the offset of all their other planes
    std::size_t plane_bytes = 0;   // of a fixed node, or of a full chunk
    std::vector<std::size_t> lane_save_bytes;
    std::vector<Place> fixed_lane_saves;  // of fixed nodes; others are packed by the schedule
};

struct ParameterSlice {
    Node node;
    Index offset;  // in theta
    Index size;
    bool is_frozen;
};

// Immutable once built. Fixed nodes read by sample nodes are the frontier; their planes come first
// in the fixed areas, so that a sum over groups is one sum over [0, frontier_bytes).
template <class Scalar>
class Plan {
  public:
    // Throws std::invalid_argument for a loss that is not one loss per column (or 1x1 if fixed),
    // and for unknown names of taps and frozen parameters.
    Plan(const Graph<Scalar>& graph, Var<Scalar> loss, Options options);

    const std::vector<PlannedNode<Scalar>>& nodes() const { return nodes_; }
    const PlannedNode<Scalar>& node(int id) const { return nodes_[static_cast<std::size_t>(id)]; }
    const PlannedNode<Scalar>& root(int id) const { return node(node(id).root); }
    int size() const { return static_cast<int>(nodes_.size()); }
    Node loss() const { return loss_; }
    const Options& options() const { return options_; }

    // The loss ops whose linear combination the loss is, and their first inputs, the network
    // outputs. Empty when the loss is built otherwise: then Gauss-Newton is not defined.
    const std::vector<Node>& loss_ops() const { return loss_ops_; }
    const std::vector<ParameterSlice>& parameters() const { return parameters_; }
    const std::vector<Node>& sources() const { return sources_; }  // inputs and tokens
    Index parameter_count() const { return parameter_count_; }
    Index chunk_samples() const { return chunk_samples_; }
    bool has_samples() const { return !node(loss_).shape.is_fixed; }

    std::size_t fixed_bytes() const { return fixed_bytes_; }            // Area::fixed
    std::size_t fixed_plane_bytes() const { return fixed_planes_; }     // Area::fixed_adjoint
    std::size_t frontier_bytes() const { return frontier_bytes_; }      // Area::partial
    std::size_t fixed_lane_bytes() const { return fixed_lane_bytes_; }  // Area::fixed_lane
    std::size_t chunk_bytes() const { return chunk_bytes_; }            // Area::chunk
    std::size_t chunk_adjoint_bytes() const { return chunk_adjoint_bytes_; }

    // The node of that name. Throws std::invalid_argument with the nearest known name.
    Node find(std::string_view name) const;
    // Parameters, and whatever the loss or a named node needs, have a value to read.
    bool is_readable(int id) const { return node(id).is_needed || node(id).shape.is_fixed; }
    // Throws std::invalid_argument for numbers that no node has.
    void check_node(const char* rule, Node id) const;
    bool is_frontier(int id) const {
        return node(id).shape.is_fixed && node(id).fixed_offset < frontier_bytes_;
    }
    // Inputs of an op that lie in `set` (indexed by node), as a mask.
    ActiveMask mask(int id, const std::vector<bool>& set) const;
    std::vector<Shape> input_shapes(int id) const;
    std::string label(int id) const;
    std::vector<bool> ancestors(int id) const;  // of the node, itself included

  private:
    void mark();
    void find_loss_ops();
    void choose_kept_planes();
    void place_planes();

    std::vector<PlannedNode<Scalar>> nodes_;
    Options options_;
    Node loss_ = 0;
    std::vector<Node> loss_ops_;
    std::vector<Node> sources_;
    std::vector<ParameterSlice> parameters_;
    Index parameter_count_ = 0;
    Index chunk_samples_ = 1;
    std::size_t fixed_bytes_ = 0, fixed_planes_ = 0, frontier_bytes_ = 0, fixed_lane_bytes_ = 0;
    std::size_t chunk_bytes_ = 0, chunk_adjoint_bytes_ = 0;
};

DUALTAPE_COMPILED(Plan)

}  // namespace dualtape
