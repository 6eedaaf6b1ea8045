#include "engine/core/point.h"

#include <stdexcept>
#include <type_traits>

#include "engine/core/executor.h"

namespace dualtape {

namespace {

template <class Matrix>
void check_shape(const char* rule, const char* name, const Matrix& matrix, Index rows, Index cols) {
    if (matrix.rows() == rows && matrix.cols() == cols) return;
    throw std::invalid_argument(std::string(rule) + ": " + name + " is " +
                                std::to_string(matrix.rows()) + "x" +
                                std::to_string(matrix.cols()) + "; it must be " +
                                std::to_string(rows) + "x" + std::to_string(cols));
}

// The columns of theta or of a node that a product reads or writes.
template <class Scalar, class Matrix>
auto block(const Executor<Scalar>& executor, const char* rule, const char* name, Matrix& matrix,
           Node node, Index tangents) {
    const Plan<Scalar>& plan = *executor.compiled().plan;
    const bool is_theta = node == kTheta;
    const Index columns = is_theta ? 1 : executor.columns(node);
    check_shape(rule, name, matrix, is_theta ? plan.parameter_count() : plan.node(node).shape.rows,
                columns * tangents);
    return ProductBlock<std::remove_pointer_t<decltype(matrix.data())>>{
        matrix.data(), matrix.outerStride(), node, columns};
}

// The number of blocks, one for each tangent, in a matrix of a node's columns.
template <class Scalar, class Matrix>
Index block_count(const Executor<Scalar>& executor, const char* rule, const char* name,
                  const Matrix& matrix, Node node) {
    const Index all = matrix.cols(), columns = executor.columns(node);
    check_shape(rule, name, matrix, executor.compiled().plan->node(node).shape.rows, all);
    if (columns > 0 && all % columns == 0) return all / columns;
    if (columns == 0 && all == 0) return 0;
    throw std::invalid_argument(std::string(rule) + ": " + std::to_string(all) +
                                " columns are not a multiple of the node's " +
                                std::to_string(columns));
}

}  // namespace

template <class Scalar>
Executor<Scalar>& Point<Scalar>::executor() const {
    if (generation_ != workspace_->generation_) {
        throw std::logic_error(
            "point: stale; its workspace was used by at, gradient, value, read or edit since. "
            "Call Model::at again, or use a second workspace");
    }
    return *workspace_->executor_;
}

template <class Scalar>
const Schedule<Scalar>& Point<Scalar>::schedule(Product product, const char* name) const {
    const auto& found = workspace_->compiled_->products[static_cast<std::size_t>(product)];
    if (!found) {
        throw std::logic_error(std::string(name) +
                               ": not defined for this loss; it must be a linear combination of "
                               "loss ops (cross_entropy, squared_error)");
    }
    return *found;
}

template <class Scalar>
Wide<Scalar> Point<Scalar>::value() const {
    executor();
    return value_;
}

template <class Scalar>
const Vec<Scalar>& Point<Scalar>::gradient() const {
    executor();
    return workspace_->gradient_;
}

template <class Scalar>
Keep Point<Scalar>::keeps() const {
    return executor().keeps();
}

template <class Scalar>
Index Point<Scalar>::samples() const {
    return executor().samples();
}

template <class Scalar>
void Point<Scalar>::losses(Out<Vec<Scalar>> per_column) const {
    check_shape("losses", "the output", per_column, executor().columns(plan().loss()), 1);
    executor().copy_losses(per_column.data());
}

template <class Scalar>
void Point<Scalar>::theta_product(Product product, const char* name, In<Mat<Scalar>> V,
                                  Out<Mat<Scalar>> result) const {
    Executor<Scalar>& executor = this->executor();
    const auto in = block(executor, name, "V", V, kTheta, V.cols());
    const auto out = block(executor, name, "the output", result, kTheta, V.cols());
    executor.product(schedule(product, name), V.cols(), in, out);
}

template <class Scalar>
void Point<Scalar>::hessian(In<Mat<Scalar>> V, Out<Mat<Scalar>> HV) const {
    theta_product(Product::hessian, "hessian", V, HV);
}

template <class Scalar>
void Point<Scalar>::gauss_newton(In<Mat<Scalar>> V, Out<Mat<Scalar>> GV) const {
    theta_product(Product::gauss_newton, "gauss_newton", V, GV);
}

template <class Scalar>
void Point<Scalar>::fisher(Fisher kind, In<Mat<Scalar>> V, Out<Mat<Scalar>> FV) const {
    if (kind != Fisher::exact && !plan().has_samples()) {
        throw std::logic_error("fisher: the loss needs no data, so there are no samples");
    }
    const Product product = kind == Fisher::exact       ? Product::gauss_newton
                            : kind == Fisher::empirical ? Product::fisher_empirical
                                                        : Product::fisher_sampled;
    theta_product(product, "fisher", V, FV);
}

template <class Scalar>
Node Point<Scalar>::output() const {
    if (plan().loss_ops().size() != 1) {
        throw std::logic_error("jacobian: the model must have exactly one loss op, it has " +
                               std::to_string(plan().loss_ops().size()));
    }
    return plan().node(plan().loss_ops()[0]).inputs[0];
}

template <class Scalar>
void Point<Scalar>::jacobian(In<Mat<Scalar>> V, Out<Mat<Scalar>> JV) const {
    Executor<Scalar>& executor = this->executor();
    const Node z = output();
    const auto in = block(executor, "jacobian", "V", V, kTheta, V.cols());
    const auto out = block(executor, "jacobian", "the output", JV, z, V.cols());
    executor.product(schedule(Product::jacobian, "jacobian"), V.cols(), in, out);
}

template <class Scalar>
void Point<Scalar>::jacobian_transpose(In<Mat<Scalar>> U, Out<Mat<Scalar>> JtU) const {
    Executor<Scalar>& executor = this->executor();
    const Node z = output();
    const Index count = block_count(executor, "jacobian_transpose", "U", U, z);
    const auto in = block(executor, "jacobian_transpose", "U", U, z, count);
    const auto out = block(executor, "jacobian_transpose", "the output", JtU, kTheta, count);
    executor.product(schedule(Product::jacobian_transpose, "jacobian_transpose"), count, in, out);
}

template <class Scalar>
void Point<Scalar>::quadratic_form(Product product, const char* name, In<Mat<Scalar>> V,
                                   Vec<Wide<Scalar>>& sums) const {
    Executor<Scalar>& executor = this->executor();
    const auto in = block(executor, name, "V", V, kTheta, V.cols());
    sums.setZero(V.cols());
    executor.product(schedule(product, name), V.cols(), in, {}, sums.data());
}

template <class Scalar>
Vec<Wide<Scalar>> Point<Scalar>::curvature(In<Mat<Scalar>> V) const {
    Vec<Wide<Scalar>> sums;
    quadratic_form(Product::curvature, "curvature", V, sums);
    return sums;
}

template <class Scalar>
Vec<Wide<Scalar>> Point<Scalar>::gauss_newton_curvature(In<Mat<Scalar>> V) const {
    Vec<Wide<Scalar>> sums;
    quadratic_form(Product::gauss_newton_curvature, "gauss_newton_curvature", V, sums);
    return sums;
}

template <class Scalar>
void Point<Scalar>::loss_slopes(In<Mat<Scalar>> V, Out<Mat<Scalar>> slopes) const {
    Executor<Scalar>& executor = this->executor();
    const Index columns = executor.columns(plan().loss());
    const auto in = block(executor, "loss_slopes", "V", V, kTheta, V.cols());
    check_shape("loss_slopes", "the output", slopes, columns, V.cols());
    // The loss has one row: its columns of one tangent are a column of the result.
    if (slopes.outerStride() == columns || V.cols() <= 1) {
        executor.product(schedule(Product::loss_slopes, "loss_slopes"), V.cols(), in,
                         {slopes.data(), 1, plan().loss(), columns});
        return;
    }
    Mat<Scalar> packed(columns, V.cols());
    loss_slopes(V, packed);
    slopes = packed;
}

template <class Scalar>
void Point<Scalar>::activation(Node node, Out<Mat<Scalar>> y) const {
    Executor<Scalar>& executor = this->executor();
    plan().check_node("activation", node);
    const auto& planned = plan().node(node);
    if (planned.name.empty() || planned.shape.is_tokens || !plan().is_readable(node)) {
        throw std::invalid_argument("activation: " + plan().label(node) +
                                    " is not kept; name the node, and let something read it");
    }
    check_shape("activation", "the output", y, planned.shape.rows, executor.columns(node));
    executor.copy_plane(node, false, y.data(), y.outerStride());
}

template <class Scalar>
void Point<Scalar>::adjoint(Node node, Out<Mat<Scalar>> y_bar) const {
    Executor<Scalar>& executor = this->executor();
    plan().check_node("adjoint", node);
    const auto& planned = plan().node(node);
    check_shape("adjoint", "the output", y_bar, planned.shape.rows, executor.columns(node));
    const bool is_written =
        workspace_->compiled_->linearise.is_written[static_cast<std::size_t>(node)];
    if (!planned.is_in_loss || !planned.is_active || !is_written) {
        if (planned.is_in_loss && !planned.is_active) {
            throw std::invalid_argument("adjoint: " + plan().label(node) +
                                        " depends on no parameter, so no adjoint is kept; use "
                                        "pull with the node as a tap");
        }
        y_bar.setZero();
        return;
    }
    if (planned.name.empty()) {
        throw std::invalid_argument("adjoint: only named nodes are kept; name the node");
    }
    executor.copy_plane(node, true, y_bar.data(), y_bar.outerStride());
}

template <class Scalar>
void Point<Scalar>::check_end(Node node, const char* rule) const {
    plan().check_node(rule, node);
    const auto& planned = plan().node(node);
    const bool is_output =
        plan().loss_ops().size() == 1 && plan().node(plan().loss_ops()[0]).inputs[0] == node;
    const bool is_end =
        planned.is_tap || planned.kind == NodeKind::parameter || is_output || node == plan().loss();
    if (is_end && !planned.shape.is_tokens) return;
    throw std::invalid_argument(std::string(rule) + ": " + plan().label(node) +
                                " is neither a parameter nor listed in Options::taps");
}

template <class Scalar>
void Point<Scalar>::push(Node from, In<Mat<Scalar>> X_dot, Node to, Out<Mat<Scalar>> Y_dot) const {
    Executor<Scalar>& executor = this->executor();
    check_end(from, "push");
    check_end(to, "push");
    const Index count = block_count(executor, "push", "X_dot", X_dot, from);
    const auto in = block(executor, "push", "X_dot", X_dot, from, count);
    const auto out = block(executor, "push", "the output", Y_dot, to, count);
    auto found = workspace_->pushes_.find({from, to});
    if (found == workspace_->pushes_.end()) {
        found = workspace_->pushes_
                    .emplace(std::pair{from, to}, Scheduler<Scalar>(plan()).push(from, to))
                    .first;
    }
    executor.product(found->second, count, in, out);
}

template <class Scalar>
void Point<Scalar>::pull(Node seed, In<Mat<Scalar>> U, Node at, Out<Mat<Scalar>> X_bar) const {
    Executor<Scalar>& executor = this->executor();
    check_end(seed, "pull");
    check_end(at, "pull");
    const Index count = block_count(executor, "pull", "U", U, seed);
    const auto in = block(executor, "pull", "U", U, seed, count);
    const auto out = block(executor, "pull", "the output", X_bar, at, count);
    auto found = workspace_->pulls_.find({seed, at});
    if (found == workspace_->pulls_.end()) {
        found = workspace_->pulls_
                    .emplace(std::pair{seed, at}, Scheduler<Scalar>(plan()).pull(seed, at))
                    .first;
    }
    executor.product(found->second, count, in, out);
}

template <class Scalar>
Wide<Scalar> Point<Scalar>::replay(const std::vector<Edit<Scalar>>& edits, Node read,
                                   Out<Mat<Scalar>> y) const {
    Executor<Scalar>& executor = this->executor();
    plan().check_node("replay", read);
    const auto& planned = plan().node(read);
    check_shape("replay", "the output", y, planned.shape.rows, executor.columns(read));
    const EditList<Scalar> list(plan(), edits);
    const Schedule<Scalar> schedule =
        Scheduler<Scalar>(plan()).replay(list.nodes(), read, executor.keeps() != Keep::nothing);
    return executor.replay(list, schedule, read, y.data(), y.outerStride());
}

template <class Scalar>
std::string Point<Scalar>::locate_nonfinite() const {
    Index count = 0;
    const Node node = executor().locate_nonfinite(count);
    if (node < 0) return "";
    const Index size = plan().node(node).shape.rows * executor().columns(node);
    return plan().label(node) + ": " + std::to_string(count) + " of " + std::to_string(size) +
           " values are not finite";
}

#define DUALTAPE_POINT(Scalar) template class Point<Scalar>;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_POINT)

}  // namespace dualtape
