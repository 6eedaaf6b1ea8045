#pragma once
// Point: a model linearised at one theta and batch; multiplies as often as you like.

#include <vector>

#include "engine/core/model.h"

namespace dualtape {

// Which Fisher information. Each is the sum of w_c g_c g_c' over the columns of the loss, w_c the
// weight of a column and g_c the gradient of its loss: expected over the model's own labels (equal
// to Gauss-Newton for cross_entropy, and for squared_error as a Gaussian of variance 1/(2s)); with
// the observed labels; with one label per column drawn from the model. In a sum of losses every
// loss op counts by itself, and a factor before it is a weight.
enum class Fisher { exact, empirical, sampled };

// A handle to its workspace, made by Model::at; copy freely. Everything a product needs from
// values and first derivatives is cached, so a Hessian-vector product costs two gradients.
//   V  P x S tangents, read column by column; the result has the same shape, is overwritten, and
//   must not overlap V. Rows of frozen parameters are ignored in V and zero in the result.
// Products allocate nothing after the first of their block width, and have the same bits for any
// number of threads and any S. Throws std::logic_error when the point is stale (its workspace was
// used by at, gradient, value, read or edit since) or the loss does not define the product, and
// std::invalid_argument for wrong shapes. Source: Pearlmutter 1994; engine/README.md derives it.
template <class Scalar>
class Point {
  public:
    Wide<Scalar> value() const;
    const Vec<Scalar>& gradient() const;
    // How much is cached; less when Options::memory_limit asks for it, at the price of time.
    Keep keeps() const;
    // One loss per column.
    void losses(Out<Vec<Scalar>> per_column) const;

    // H V. Two gradients per column.
    void hessian(In<Mat<Scalar>> V, Out<Mat<Scalar>> HV) const;
    // J' (d2 loss) J V. Four thirds of a gradient.
    void gauss_newton(In<Mat<Scalar>> V, Out<Mat<Scalar>> GV) const;
    void fisher(Fisher kind, In<Mat<Scalar>> V, Out<Mat<Scalar>> FV) const;
    // J V of the network output z, n x (columns S); J' U with U n x (columns S), P x S.
    void jacobian(In<Mat<Scalar>> V, Out<Mat<Scalar>> JV) const;
    void jacobian_transpose(In<Mat<Scalar>> U, Out<Mat<Scalar>> JtU) const;
    // v'Hv of every column: one gradient each. v'Gv: two thirds.
    Vec<Wide<Scalar>> curvature(In<Mat<Scalar>> V) const;
    Vec<Wide<Scalar>> gauss_newton_curvature(In<Mat<Scalar>> V) const;
    // d loss_c / d v, columns x S.
    void loss_slopes(In<Mat<Scalar>> V, Out<Mat<Scalar>> slopes) const;

    // A named node's value and adjoint of the loss, n x columns.
    void activation(Node node, Out<Mat<Scalar>> y) const;
    void adjoint(Node node, Out<Mat<Scalar>> y_bar) const;
    // (d to / d from) X_dot, and (d seed / d at)' U; blocks n x (columns S) lie side by side. Both
    // ends must be parameters or listed in Options::taps, or the network output.
    void push(Node from, In<Mat<Scalar>> X_dot, Node to, Out<Mat<Scalar>> Y_dot) const;
    void pull(Node seed, In<Mat<Scalar>> U, Node at, Out<Mat<Scalar>> X_bar) const;
    // The loss, and the node `read` (n x columns), with these edits on top of the workspace's.
    // Recomputes only what depends on them; same bits as a full run. The point stays as it is.
    Wide<Scalar> replay(const std::vector<Edit<Scalar>>& edits, Node read,
                        Out<Mat<Scalar>> y) const;

    // The first node with NaN or infinities, as "name: 3 of 128 values are not finite"; empty if
    // all values are finite.
    std::string locate_nonfinite() const;

    Index size() const { return workspace_->compiled_->plan->parameter_count(); }  // P
    const Plan<Scalar>& plan() const { return *workspace_->compiled_->plan; }
    // Samples of the batch.
    Index samples() const;

  private:
    friend class Model<Scalar>;
    Point(Workspace<Scalar>& workspace, Wide<Scalar> value)
        : workspace_(&workspace), generation_(workspace.generation_), value_(value) {}

    Executor<Scalar>& executor() const;  // throws when stale
    const Schedule<Scalar>& schedule(Product product, const char* name) const;
    void theta_product(Product product, const char* name, In<Mat<Scalar>> V,
                       Out<Mat<Scalar>> result) const;
    void quadratic_form(Product product, const char* name, In<Mat<Scalar>> V,
                        Vec<Wide<Scalar>>& sums) const;
    Node output() const;
    void check_end(Node node, const char* rule) const;

    Workspace<Scalar>* workspace_;
    std::uint64_t generation_;
    Wide<Scalar> value_;
};

DUALTAPE_COMPILED(Point)

}  // namespace dualtape
