#include "engine/core/model.h"

#include <iomanip>
#include <sstream>

#include "engine/core/executor.h"
#include "engine/core/point.h"

namespace dualtape {

template <class Scalar>
Model<Scalar>::Model(const Graph<Scalar>& graph, Var<Scalar> loss, Options options)
    : compiled_(std::make_shared<const Compiled<Scalar>>(graph, loss, std::move(options))) {}

template <class Scalar>
void Model<Scalar>::bind(Workspace<Scalar>& workspace, In<Vec<Scalar>> theta,
                         const Batch<Scalar>& batch) const {
    if (workspace.compiled_ != compiled_) {
        throw std::invalid_argument("model: the workspace belongs to another model");
    }
    ++workspace.generation_;
    workspace.executor_->bind(theta.data(), theta.size(), batch);
}

template <class Scalar>
Wide<Scalar> Model<Scalar>::value(Workspace<Scalar>& workspace, In<Vec<Scalar>> theta,
                                  const Batch<Scalar>& batch) const {
    bind(workspace, theta, batch);
    return workspace.executor_->value();
}

template <class Scalar>
Wide<Scalar> Model<Scalar>::gradient(Workspace<Scalar>& workspace, In<Vec<Scalar>> theta,
                                     const Batch<Scalar>& batch, Out<Vec<Scalar>> g) const {
    if (g.size() != size()) {
        throw std::invalid_argument("gradient: g has " + std::to_string(g.size()) +
                                    " numbers; the model has " + std::to_string(size()) +
                                    " parameters");
    }
    bind(workspace, theta, batch);
    return workspace.executor_->gradient(g.data());
}

template <class Scalar>
void Model<Scalar>::read(Workspace<Scalar>& workspace, In<Vec<Scalar>> theta,
                         const Batch<Scalar>& batch, Node node, Out<Mat<Scalar>> y) const {
    plan().check_node("read", node);
    if (!plan().is_readable(node)) {
        throw std::invalid_argument("read: nothing in the model reads " + plan().label(node));
    }
    bind(workspace, theta, batch);
    const Index rows = plan().node(node).shape.rows;
    const Index columns = workspace.executor_->columns(node);
    if (plan().node(node).shape.is_tokens || y.rows() != rows || y.cols() != columns) {
        throw std::invalid_argument("read: " + plan().label(node) + " is " + std::to_string(rows) +
                                    "x" + std::to_string(columns) + "; the output is " +
                                    std::to_string(y.rows()) + "x" + std::to_string(y.cols()));
    }
    auto found = workspace.reads_.find(node);
    if (found == workspace.reads_.end()) {
        found = workspace.reads_.emplace(node, Scheduler<Scalar>(plan()).values(node, 0)).first;
    }
    workspace.executor_->read(found->second, node, y.data(), y.outerStride());
}

template <class Scalar>
Point<Scalar> Model<Scalar>::at(Workspace<Scalar>& workspace, In<Vec<Scalar>> theta,
                                const Batch<Scalar>& batch) const {
    bind(workspace, theta, batch);
    workspace.gradient_.resize(size());
    const Wide<Scalar> value = workspace.executor_->linearise(workspace.gradient_.data());
    return Point<Scalar>(workspace, value);
}

template <class Scalar>
double Model<Scalar>::gradient_flops(Index samples) const {
    const auto& schedule = compiled_->gradient;
    return schedule.flops_fixed + schedule.flops_per_sample * static_cast<double>(samples);
}

template <class Scalar>
double Model<Scalar>::product_flops(Product product, Index samples) const {
    const auto& schedule = compiled_->products[static_cast<std::size_t>(product)];
    if (!schedule) throw std::logic_error("model: the loss does not define this product");
    return schedule->flops_fixed + schedule->flops_per_sample * static_cast<double>(samples);
}

template <class Scalar>
std::string Model<Scalar>::describe(Index samples) const {
    std::ostringstream text;
    text << "parameters " << size() << ", samples " << samples << ", samples per chunk "
         << plan().chunk_samples() << '\n';
    for (int id = 0; id < plan().size(); ++id) {
        const auto& node = plan().node(id);
        text << "  " << std::left << std::setw(24) << plan().label(id) << std::setw(16)
             << (node.op == nullptr ? std::string_view("source") : node.op->name())
             << node.shape.text() << (node.is_active ? "" : "  constant")
             << (node.is_needed || node.op == nullptr ? "" : "  dropped") << '\n';
    }
    const double chunks = static_cast<double>((samples + plan().chunk_samples() - 1) /
                                              std::max<Index>(plan().chunk_samples(), 1));
    text << "bytes of a point "
         << static_cast<std::size_t>(
                chunks * static_cast<double>(plan().chunk_bytes() + plan().chunk_adjoint_bytes()))
         << '\n';
    const double gradient = gradient_flops(samples);
    text << std::fixed << std::setprecision(1) << "gradient " << gradient / 1e6 << " Mflop\n";
    constexpr const char* kNames[] = {
        "hessian",    "gauss_newton",       "fisher (empirical)", "fisher (sampled)",
        "jacobian",   "jacobian_transpose", "curvature",          "gauss_newton_curvature",
        "loss_slopes"};
    for (std::size_t i = 0; i < compiled_->products.size(); ++i) {
        if (!compiled_->products[i]) continue;
        const double flops = product_flops(static_cast<Product>(i), samples);
        text << "  " << std::left << std::setw(24) << kNames[i] << flops / 1e6 << " Mflop, "
             << std::setprecision(2) << (gradient > 0 ? flops / gradient : 0.0)
             << std::setprecision(1) << " of a gradient\n";
    }
    return text.str();
}

template <class Scalar>
Workspace<Scalar>::Workspace(const Model<Scalar>& model, int threads)
    : compiled_(model.compiled_),
      executor_(std::make_unique<Executor<Scalar>>(model.compiled_, threads)) {}

// The executor is complete here alone.
template <class Scalar>
Workspace<Scalar>::Workspace(Workspace&&) noexcept = default;
template <class Scalar>
Workspace<Scalar>& Workspace<Scalar>::operator=(Workspace&&) noexcept = default;
template <class Scalar>
Workspace<Scalar>::~Workspace() = default;

template <class Scalar>
int Workspace<Scalar>::threads() const {
    return executor_->threads();
}

template <class Scalar>
std::size_t Workspace<Scalar>::bytes() const {
    return executor_->bytes();
}

template <class Scalar>
void Workspace<Scalar>::record_products(std::vector<kernels::GemmCall>* calls) {
    executor_->calls = calls;
}

template <class Scalar>
void Workspace<Scalar>::use_threads_always(bool always) {
    executor_->uses_threads_always = always;
}

template <class Scalar>
void Workspace<Scalar>::edit(std::vector<Edit<Scalar>> edits) {
    ++generation_;
    executor_->set_edits(std::move(edits));
}

#define DUALTAPE_MODEL(Scalar)    \
    template class Model<Scalar>; \
    template class Workspace<Scalar>;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_MODEL)

}  // namespace dualtape
