#pragma once
// Model: a compiled graph. Workspace: all memory of one caller. Together they give values,
// gradients and points.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "engine/core/batch.h"
#include "engine/core/compiled.h"
#include "engine/core/edit.h"

namespace dualtape {

template <class Scalar>
class Executor;
template <class Scalar>
class Workspace;
template <class Scalar>
class Point;

// Immutable after construction and shared freely by threads; every caller brings a Workspace.
// Errors of arguments (sizes, names, tokens out of range) throw std::invalid_argument before any
// work starts. A loss that is not finite is returned as such.
template <class Scalar>
class Model {
  public:
    // Compiles the graph for this loss: 1 x columns (one loss per column; the objective is their
    // weighted sum, by default their mean), or 1 x 1 for a loss that needs no data.
    Model(const Graph<Scalar>& graph, Var<Scalar> loss, Options options = {});

    Index size() const { return compiled_->plan->parameter_count(); }  // P
    // Throws std::invalid_argument with the nearest known name.
    Node node(std::string_view name) const { return compiled_->plan->find(name); }
    Batch<Scalar> batch() const { return Batch<Scalar>(compiled_->plan); }
    const Plan<Scalar>& plan() const { return *compiled_->plan; }

    // Shapes of the nodes, bytes, and flops of every product, for a batch of this many samples.
    std::string describe(Index samples) const;
    // Flops of the matrix products in one gradient, or in one column of a product at a point.
    double gradient_flops(Index samples) const;
    double product_flops(Product product, Index samples) const;

    // Each of these makes earlier points of the workspace stale.
    Wide<Scalar> value(Workspace<Scalar>&, In<Vec<Scalar>> theta, const Batch<Scalar>&) const;
    // g: P, overwritten. Returns the value. Same bits as at().gradient().
    Wide<Scalar> gradient(Workspace<Scalar>&, In<Vec<Scalar>> theta, const Batch<Scalar>&,
                          Out<Vec<Scalar>> g) const;
    // The value of a node, n x columns; evaluates its ancestors only.
    void read(Workspace<Scalar>&, In<Vec<Scalar>> theta, const Batch<Scalar>&, Node,
              Out<Mat<Scalar>> y) const;
    // Linearises: caches what every product at theta needs. The batch's data must stay in place.
    Point<Scalar> at(Workspace<Scalar>&, In<Vec<Scalar>> theta, const Batch<Scalar>&) const;

  private:
    friend class Workspace<Scalar>;
    void bind(Workspace<Scalar>&, In<Vec<Scalar>> theta, const Batch<Scalar>&) const;

    std::shared_ptr<const Compiled<Scalar>> compiled_;
};

// One per caller and thread of control; it runs its loops on `threads` threads (0: all, see
// resolve_threads), with the same bits for any number. Allocates on the first call of a given
// batch size and block width, then no more.
template <class Scalar>
class Workspace {
  public:
    explicit Workspace(const Model<Scalar>& model, int threads = 0);
    Workspace(Workspace&&) noexcept;
    Workspace& operator=(Workspace&&) noexcept;
    ~Workspace();

    // Interventions on taps, for all later calls; an empty list for none. See edit.h.
    void edit(std::vector<Edit<Scalar>> edits);

    int threads() const;
    std::size_t bytes() const;
    // Appends every matrix product of later calls to the list, and runs them on one thread;
    // null: no more. For benchmarks and for tests that count.
    void record_products(std::vector<kernels::GemmCall>* calls);
    // Small calls run on one thread, unless this is set: for tests that compare bits.
    void use_threads_always(bool always);

  private:
    friend class Model<Scalar>;
    friend class Point<Scalar>;

    std::shared_ptr<const Compiled<Scalar>> compiled_;
    std::unique_ptr<Executor<Scalar>> executor_;
    std::uint64_t generation_ = 0;  // points of earlier generations are stale
    Vec<Scalar> gradient_;
    std::map<Node, Schedule<Scalar>> reads_;
    std::map<std::pair<Node, Node>, Schedule<Scalar>> pushes_, pulls_;
};

DUALTAPE_COMPILED(Model)
DUALTAPE_COMPILED(Workspace)

}  // namespace dualtape
