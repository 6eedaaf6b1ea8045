#pragma once
// Graph: what is computed. Records ops, shapes and names; computes nothing.

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/core/op.h"
#include "engine/core/types.h"

namespace dualtape {

template <class Scalar>
class Graph;

// A handle to a node of a graph; copy freely. The graph must outlive it.
template <class Scalar>
struct Var {
    Graph<Scalar>* graph = nullptr;
    int id = -1;
};

enum class NodeKind { parameter, input, tokens, op };

template <class Scalar>
struct NodeRecord {
    NodeKind kind = NodeKind::op;
    Shape shape;
    std::string name;                      // empty unless named
    std::shared_ptr<const Op<Scalar>> op;  // null for parameters, inputs and tokens
    std::vector<int> inputs;
    bool depends_on_parameters = false;
};

// Call parameter, input, tokens and the builders of engine/ops/builders.h in any order; ids are a
// topological order. Theta is the parameters concatenated in order of creation, each column-major.
template <class Scalar>
class Graph {
  public:
    Graph() = default;
    Graph(const Graph&) = delete;  // Vars point into it
    Graph& operator=(const Graph&) = delete;

    // The next slice of theta, rows x cols. Make every parameter in a statement of its own: the
    // arguments of one call may be evaluated in any order, and theta would have that order.
    Var<Scalar> parameter(std::string name, Index rows, Index cols = 1);
    // Data: rows x per_sample columns for every sample.
    Var<Scalar> input(std::string name, Index rows, Index per_sample = 1);
    // Data: per_sample int32 tokens for every sample.
    Var<Scalar> tokens(std::string name, Index per_sample = 1);
    // Names a node, so that it is kept and can be read; returns it. Throws on a second use.
    Var<Scalar> name(std::string name, Var<Scalar> node);

    // Adds an op. Throws std::invalid_argument naming the op, the shapes, the inputs and the rule
    // when shapes or domains do not fit, or when a data input depends on a parameter.
    template <class Rules>
    Var<Scalar> add(Rules rules, std::initializer_list<Var<Scalar>> inputs) {
        return add(std::make_shared<OpAdapter<Scalar, Rules>>(std::move(rules)),
                   std::vector<Var<Scalar>>(inputs));
    }
    Var<Scalar> add(std::shared_ptr<const Op<Scalar>> op, const std::vector<Var<Scalar>>& inputs);

    const std::vector<NodeRecord<Scalar>>& nodes() const { return nodes_; }
    const Shape& shape(Var<Scalar> node) const {
        return nodes_.at(static_cast<std::size_t>(node.id)).shape;
    }

  private:
    Var<Scalar> add_source(NodeKind kind, std::string name, Shape shape);
    // How messages call a node: its name, else its op and number.
    std::string label(int id) const;

    std::vector<NodeRecord<Scalar>> nodes_;
};

DUALTAPE_COMPILED(Graph)

}  // namespace dualtape
