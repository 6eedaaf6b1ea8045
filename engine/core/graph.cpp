#include "engine/core/graph.h"

#include <algorithm>

namespace dualtape {

template <class Scalar>
Var<Scalar> Graph<Scalar>::add_source(NodeKind kind, std::string name, Shape shape) {
    if (name.empty()) throw std::invalid_argument("graph: a parameter or input needs a name");
    if (shape.rows < 0 || shape.span < 0) {
        throw std::invalid_argument("graph: " + name + " has negative size " + shape.text());
    }
    nodes_.push_back({kind, shape, "", nullptr, {}, kind == NodeKind::parameter});
    return this->name(std::move(name), Var<Scalar>{this, static_cast<int>(nodes_.size()) - 1});
}

template <class Scalar>
Var<Scalar> Graph<Scalar>::parameter(std::string name, Index rows, Index cols) {
    return add_source(NodeKind::parameter, std::move(name), {rows, cols, true, false});
}

template <class Scalar>
Var<Scalar> Graph<Scalar>::input(std::string name, Index rows, Index per_sample) {
    return add_source(NodeKind::input, std::move(name), {rows, per_sample, false, false});
}

template <class Scalar>
Var<Scalar> Graph<Scalar>::tokens(std::string name, Index per_sample) {
    return add_source(NodeKind::tokens, std::move(name), {1, per_sample, false, true});
}

template <class Scalar>
Var<Scalar> Graph<Scalar>::name(std::string name, Var<Scalar> node) {
    if (node.graph == nullptr) {
        throw std::invalid_argument("graph: " + name + " names an empty Var, of no graph");
    }
    if (node.graph != this || node.id < 0 || node.id >= static_cast<int>(nodes_.size())) {
        throw std::invalid_argument("graph: " + name + " names a node of another graph");
    }
    const auto is_same = [&](const auto& other) { return other.name == name; };
    if (std::any_of(nodes_.begin(), nodes_.end(), is_same)) {
        throw std::invalid_argument("graph: the name " + name + " is taken");
    }
    auto& record = nodes_[static_cast<std::size_t>(node.id)];
    if (!record.name.empty()) {
        throw std::invalid_argument("graph: " + record.name + " cannot be renamed to " + name);
    }
    record.name = std::move(name);
    return node;
}

template <class Scalar>
std::string Graph<Scalar>::label(int id) const {
    const auto& record = nodes_[static_cast<std::size_t>(id)];
    if (!record.name.empty()) return record.name;
    return std::string(record.op->name()) + "#" + std::to_string(id);
}

template <class Scalar>
Var<Scalar> Graph<Scalar>::add(std::shared_ptr<const Op<Scalar>> op,
                               const std::vector<Var<Scalar>>& inputs) {
    NodeRecord<Scalar> record;
    std::vector<Shape> shapes;
    std::string labels;
    const std::string name(op->name());
    if (inputs.empty() || inputs.size() > kMaxInputs) {
        throw std::invalid_argument(name + ": " + std::to_string(inputs.size()) +
                                    " inputs; an op takes 1 to " + std::to_string(kMaxInputs));
    }
    for (const Var<Scalar>& input : inputs) {
        const auto i = record.inputs.size();
        const auto refuse = [&](const std::string& what) {
            throw std::invalid_argument(name + ": input " + std::to_string(i + 1) + " " + what);
        };
        if (input.graph == nullptr || input.id < 0) refuse("is an empty Var, of no graph");
        if (input.graph != this) refuse("belongs to another graph");
        if (input.id >= static_cast<int>(nodes_.size())) refuse("is no node of this graph");
        const bool depends = nodes_[static_cast<std::size_t>(input.id)].depends_on_parameters;
        // Targets and labels are data: an active one would silently lose its derivative.
        if (depends && op->is_data(static_cast<int>(i))) {
            throw std::invalid_argument(name + ": " + label(input.id) +
                                        " depends on parameters, but this input must be data "
                                        "(build the loss from sub and square instead)");
        }
        if (shape(input).is_tokens && !op->is_data(static_cast<int>(i))) {
            throw std::invalid_argument(name + ": " + label(input.id) +
                                        " is tokens; this input takes numbers");
        }
        record.depends_on_parameters = record.depends_on_parameters || depends;
        record.inputs.push_back(input.id);
        shapes.push_back(shape(input));
        labels += (labels.empty() ? "" : ", ") + label(input.id);
    }
    try {
        record.shape = op->shape(shapes);
    } catch (const ShapeError& error) {
        throw std::invalid_argument(name + ": " + error.shapes + " (" + labels +
                                    "): " + error.rule);
    }
    record.op = std::move(op);
    nodes_.push_back(std::move(record));
    return {this, static_cast<int>(nodes_.size()) - 1};
}

#define DUALTAPE_GRAPH(Scalar) template class Graph<Scalar>;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_GRAPH)

}  // namespace dualtape
