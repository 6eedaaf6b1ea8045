#include "engine/core/plan.h"

#include <algorithm>

#include "engine/core/names.h"

namespace dualtape {

namespace {

// About four planes of the widest node in chunk_bytes, in whole registers; see Options.
Index chunk_columns(std::size_t chunk_bytes, Index widest_rows, std::size_t scalar_bytes) {
    const auto rows = static_cast<std::size_t>(std::max<Index>(widest_rows, 1));
    const auto columns = static_cast<Index>(chunk_bytes / (4 * rows * scalar_bytes));
    return std::clamp<Index>(columns / 16 * 16, 16, 1024);
}

}  // namespace

template <class Scalar>
Plan<Scalar>::Plan(const Graph<Scalar>& graph, Var<Scalar> loss, Options options)
    : nodes_(graph.nodes().begin(), graph.nodes().end()),
      options_(std::move(options)),
      loss_(loss.id) {
    if (loss.graph != &graph || loss.id < 0) {
        throw std::invalid_argument(loss.graph == nullptr || loss.id < 0
                                        ? "model: the loss is an empty Var, of no graph"
                                        : "model: the loss belongs to another graph");
    }
    const Shape shape = graph.shape(loss);
    if (shape.rows != 1 || (shape.is_fixed && shape.span != 1) || shape.is_tokens) {
        throw std::invalid_argument("model: the loss is " + shape.text() +
                                    "; it must have one row, and one column if it is fixed");
    }
    mark();
    find_loss_ops();
    choose_kept_planes();
    place_planes();
}

template <class Scalar>
void Plan<Scalar>::mark() {
    // Step 1. Parameters are slices of theta in order of creation, needed or not.
    for (int id = 0; id < size(); ++id) {
        PlannedNode<Scalar>& node = nodes_[static_cast<std::size_t>(id)];
        if (node.kind == NodeKind::parameter) {
            const Index count = node.shape.rows * node.shape.span;
            parameters_.push_back({id, parameter_count_, count, false});
            parameter_count_ += count;
        }
    }
    for (const std::string& name : options_.frozen) {
        const Node id = find(name);
        const auto slice = std::find_if(parameters_.begin(), parameters_.end(),
                                        [&](const auto& p) { return p.node == id; });
        if (slice == parameters_.end()) {
            throw std::invalid_argument("model: " + name + " is frozen but is not a parameter");
        }
        slice->is_frozen = true;
    }
    for (const std::string& name : options_.taps) {
        nodes_[static_cast<std::size_t>(find(name))].is_tap = true;
    }
    // Step 2. Needed: ancestors of the loss and of named nodes. In the loss: of the loss alone.
    for (int id = size() - 1; id >= 0; --id) {
        PlannedNode<Scalar>& node = nodes_[static_cast<std::size_t>(id)];
        const bool is_named_op = node.op != nullptr && !node.name.empty();
        node.is_needed = node.is_needed || id == loss_ || is_named_op || node.is_tap;
        node.is_in_loss = node.is_in_loss || id == loss_;
        for (const int input : node.inputs) {
            auto& other = nodes_[static_cast<std::size_t>(input)];
            other.is_needed = other.is_needed || node.is_needed;
            other.is_in_loss = other.is_in_loss || node.is_in_loss;
        }
    }
    // Step 3. Active: depends on a parameter that is not frozen. Views share the planes of their
    // input, except taps, whose edits need a plane of their own, and named ones whose input has
    // other readers, as the adjoint of a name belongs to its own readers.
    std::vector<int> readers(nodes_.size(), 0);
    for (const PlannedNode<Scalar>& node : nodes_) {
        for (const int input : node.inputs) {
            readers[static_cast<std::size_t>(input)] += node.is_in_loss ? 1 : 0;
        }
    }
    for (const ParameterSlice& slice : parameters_) {
        nodes_[static_cast<std::size_t>(slice.node)].is_active = !slice.is_frozen;
    }
    for (int id = 0; id < size(); ++id) {
        PlannedNode<Scalar>& node = nodes_[static_cast<std::size_t>(id)];
        node.root = id;
        if (node.kind == NodeKind::input || node.kind == NodeKind::tokens) sources_.push_back(id);
        if (node.op == nullptr) continue;
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            auto& input = nodes_[static_cast<std::size_t>(node.inputs[i])];
            node.is_active = node.is_active || input.is_active;
            if (!input.shape.is_tokens) continue;
            const Index limit = node.op->token_limit(input_shapes(id));
            input.token_limit = input.token_limit == 0 ? limit : std::min(input.token_limit, limit);
        }
        if (!node.op->facts().is_view || node.is_tap) continue;
        bool is_shared = false;  // does somebody else read the memory?
        for (int input = node.inputs[0];; input = this->node(input).inputs[0]) {
            is_shared = is_shared || readers[static_cast<std::size_t>(input)] > 1;
            if (this->node(input).root == input) break;
        }
        if (node.name.empty() || !is_shared) node.root = this->node(node.inputs[0]).root;
    }
}

// Walks down from the loss through linear nodes; the first loss op on every active path counts.
template <class Scalar>
void Plan<Scalar>::find_loss_ops() {
    std::vector<bool> reached(nodes_.size(), false);
    reached[static_cast<std::size_t>(loss_)] = true;
    for (int id = loss_; id >= 0; --id) {
        if (!reached[static_cast<std::size_t>(id)] || !node(id).is_active) continue;
        if (node(id).op != nullptr && node(id).op->facts().is_loss) {
            loss_ops_.push_back(id);
            continue;
        }
        if (node(id).op == nullptr || node(id).op->facts().is_curved) {
            loss_ops_.clear();
            return;
        }
        for (const int input : node(id).inputs) reached[static_cast<std::size_t>(input)] = true;
    }
}

template <class Scalar>
void Plan<Scalar>::choose_kept_planes() {
    std::vector<bool> active(nodes_.size());
    for (int id = 0; id < size(); ++id) active[static_cast<std::size_t>(id)] = node(id).is_active;
    for (int id = 0; id < size(); ++id) {
        PlannedNode<Scalar>& node = nodes_[static_cast<std::size_t>(id)];
        auto& root = nodes_[static_cast<std::size_t>(node.root)];
        const bool is_source = node.op == nullptr;
        root.keeps_value = root.keeps_value || is_source || node.shape.is_fixed ||
                           !node.name.empty() || (!is_source && node.op->facts().needs_y);
        const bool on_path = node.is_active && node.is_in_loss;
        root.keeps_adjoint =
            root.keeps_adjoint ||
            (on_path && (node.shape.is_fixed || !node.name.empty() ||
                         (node.op != nullptr && node.op->is_curved(mask(id, active)))));
        if (is_source || !node.op->facts().needs_x) continue;
        for (const int input : node.inputs) {
            nodes_[static_cast<std::size_t>(this->node(input).root)].keeps_value = true;
        }
    }
}

template <class Scalar>
void Plan<Scalar>::place_planes() {
    // Step 1. The size of a chunk follows from the widest sample node alone.
    Index widest = 1, span = 1;
    std::vector<bool> is_frontier(nodes_.size(), false);
    for (const PlannedNode<Scalar>& node : nodes_) {
        if (!node.is_needed || node.shape.is_fixed) continue;
        widest = std::max(widest, node.shape.rows);
        span = std::max(span, node.shape.span);
        for (const int input : node.inputs) {
            if (this->node(input).shape.is_fixed) {
                is_frontier[static_cast<std::size_t>(this->node(input).root)] = true;
            }
        }
    }
    chunk_samples_ =
        std::max<Index>(1, chunk_columns(options_.chunk_bytes, widest, sizeof(Scalar)) / span);

    // Step 2. Fixed nodes: the frontier first, then the others; values, adjoints, tangents and
    // dotted adjoints of a node all have the same offset in their areas.
    for (PlannedNode<Scalar>& node : nodes_) {
        const Index columns = node.shape.columns(chunk_samples_);
        const std::size_t element = node.shape.is_tokens ? sizeof(std::int32_t) : sizeof(Scalar);
        node.plane_bytes =
            padded_bytes(static_cast<std::size_t>(node.shape.rows * columns) * element);
    }
    for (const bool frontier : {true, false}) {
        for (int id = 0; id < size(); ++id) {
            PlannedNode<Scalar>& node = nodes_[static_cast<std::size_t>(id)];
            if (!node.shape.is_fixed || node.root != id ||
                is_frontier[static_cast<std::size_t>(id)] != frontier) {
                continue;
            }
            node.fixed_offset = fixed_planes_;
            fixed_planes_ += node.plane_bytes;
        }
        if (frontier) frontier_bytes_ = fixed_planes_;
    }
    fixed_bytes_ = fixed_planes_;
    fixed_lane_bytes_ = 2 * fixed_planes_;

    // Step 3. Places. Views come after their input and copy its places.
    for (int id = 0; id < size(); ++id) {
        PlannedNode<Scalar>& node = nodes_[static_cast<std::size_t>(id)];
        if (node.root != id) {
            const PlannedNode<Scalar>& root = this->node(node.root);
            node.fixed_offset = root.fixed_offset;
            node.value = node.own_value = root.value;
            node.adjoint = root.adjoint;
            continue;
        }
        const Area area = node.shape.is_fixed ? Area::fixed : Area::chunk;
        std::size_t& end = node.shape.is_fixed ? fixed_bytes_ : chunk_bytes_;
        const auto reserve = [&](std::size_t bytes) {
            const Place place{area, end};
            end += padded_bytes(bytes);
            return place;
        };
        const bool needs_y = node.op != nullptr && node.op->facts().needs_y;
        if (node.shape.is_fixed) {
            node.value = {Area::fixed, node.fixed_offset};
            node.adjoint = {Area::fixed_adjoint, node.fixed_offset};
        } else if (node.keeps_value && node.is_needed) {
            node.value = reserve(node.plane_bytes);
        }
        node.own_value = node.is_tap && needs_y ? reserve(node.plane_bytes) : node.value;
        if (!node.shape.is_fixed && node.keeps_adjoint) {
            node.adjoint = {Area::chunk_adjoint, chunk_adjoint_bytes_};
            chunk_adjoint_bytes_ += node.plane_bytes;
        }
        if (node.op == nullptr || !node.is_needed) continue;
        const Index columns = node.shape.columns(chunk_samples_);
        const std::vector<Shape> shapes = input_shapes(id);
        for (const std::size_t bytes : node.op->save_bytes(shapes)) {
            node.saves.push_back(reserve(bytes * static_cast<std::size_t>(columns)));
        }
        for (const std::size_t bytes : node.op->lane_save_bytes(shapes)) {
            node.lane_save_bytes.push_back(padded_bytes(bytes * static_cast<std::size_t>(columns)));
            if (!node.shape.is_fixed) continue;
            node.fixed_lane_saves.push_back({Area::fixed_lane, fixed_lane_bytes_});
            fixed_lane_bytes_ += node.lane_save_bytes.back();
        }
    }
}

template <class Scalar>
void Plan<Scalar>::check_node(const char* rule, Node id) const {
    if (id >= 0 && id < size()) return;
    throw std::invalid_argument(std::string(rule) + ": there is no node " + std::to_string(id) +
                                "; ask Model::node for it");
}

template <class Scalar>
Node Plan<Scalar>::find(std::string_view name) const {
    std::vector<std::string> known;
    for (int id = 0; id < size(); ++id) {
        if (node(id).name == name && !name.empty()) return id;
        if (!node(id).name.empty()) known.push_back(node(id).name);
    }
    const std::string nearest = nearest_name(name, known, 3);
    throw std::invalid_argument("model: no node is named \"" + std::string(name) + "\"" +
                                (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?"));
}

template <class Scalar>
ActiveMask Plan<Scalar>::mask(int id, const std::vector<bool>& set) const {
    ActiveMask bits = 0;
    const std::vector<int>& inputs = node(id).inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (set[static_cast<std::size_t>(inputs[i])]) bits |= ActiveMask{1} << i;
    }
    return bits;
}

template <class Scalar>
std::vector<Shape> Plan<Scalar>::input_shapes(int id) const {
    std::vector<Shape> shapes;
    for (const int input : node(id).inputs) shapes.push_back(node(input).shape);
    return shapes;
}

template <class Scalar>
std::string Plan<Scalar>::label(int id) const {
    if (!node(id).name.empty()) return node(id).name;
    return std::string(node(id).op->name()) + "#" + std::to_string(id);
}

template <class Scalar>
std::vector<bool> Plan<Scalar>::ancestors(int id) const {
    std::vector<bool> set(nodes_.size(), false);
    set[static_cast<std::size_t>(id)] = true;
    for (int i = id; i >= 0; --i) {
        if (!set[static_cast<std::size_t>(i)]) continue;
        for (const int input : node(i).inputs) set[static_cast<std::size_t>(input)] = true;
    }
    return set;
}

#define DUALTAPE_PLAN(Scalar) template class Plan<Scalar>;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_PLAN)

}  // namespace dualtape
