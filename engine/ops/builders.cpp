#include "engine/ops/builders.h"

#include <algorithm>

#include "engine/ops/activations.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/gather.h"
#include "engine/ops/layout.h"
#include "engine/ops/losses.h"
#include "engine/ops/matmul.h"
#include "engine/ops/softmax.h"

namespace dualtape {

namespace {

// The graph that an op joins is that of its first input; Graph::add checks the others.
template <class Scalar>
Graph<Scalar>& graph_of(Var<Scalar> input, const char* op) {
    if (input.graph != nullptr && input.id >= 0) return *input.graph;
    throw std::invalid_argument(std::string(op) + ": input 1 is an empty Var, of no graph");
}

template <class Scalar, class Rules>
Var<Scalar> build(Rules rules, std::initializer_list<Var<Scalar>> inputs) {
    return graph_of(*inputs.begin(), Rules::name).add(std::move(rules), inputs);
}

}  // namespace

template <class Scalar>
Var<Scalar> affine(Var<Scalar> w, Var<Scalar> x, Var<Scalar> b) {
    return build(ops::Affine{}, {w, x, b});
}

template <class Scalar>
Var<Scalar> matmul(Var<Scalar> a, Var<Scalar> b, Transpose transpose_a, Transpose transpose_b) {
    return build(ops::Matmul{{}, transpose_a == Transpose::yes, transpose_b == Transpose::yes},
                 {a, b});
}

template <class Scalar>
Var<Scalar> add(Var<Scalar> a, Var<Scalar> b) {
    return build(ops::Add{}, {a, b});
}

template <class Scalar>
Var<Scalar> sub(Var<Scalar> a, Var<Scalar> b) {
    return build(ops::Sub{}, {a, b});
}

template <class Scalar>
Var<Scalar> mul(Var<Scalar> a, Var<Scalar> b) {
    return build(ops::Mul{}, {a, b});
}

template <class Scalar>
Var<Scalar> scale(Var<Scalar> x, double factor) {
    return build(ops::Scale{{}, factor}, {x});
}

template <class Scalar>
Var<Scalar> gather(Var<Scalar> table, Var<Scalar> tokens) {
    return build(ops::Gather{}, {table, tokens});
}

template <class Scalar>
Var<Scalar> concat_rows(const std::vector<Var<Scalar>>& inputs) {
    if (inputs.empty()) throw std::invalid_argument("concat_rows: there must be an input");
    return graph_of(inputs[0], "concat_rows")
        .add(std::make_shared<OpAdapter<Scalar, ops::ConcatRows>>(ops::ConcatRows{}), inputs);
}

template <class Scalar>
Var<Scalar> slice_rows(Var<Scalar> x, Index begin, Index count) {
    return build(ops::SliceRows{{}, begin, count}, {x});
}

template <class Scalar>
Var<Scalar> position(Var<Scalar> x, Index t) {
    return build(ops::Position{{}, t}, {x});
}

template <class Scalar>
Var<Scalar> mean_positions(Var<Scalar> x) {
    return build(ops::MeanPositions{}, {x});
}

template <class Scalar>
Var<Scalar> reshape(Var<Scalar> x, Index rows) {
    return build(ops::Reshape{{}, rows}, {x});
}

template <class Scalar>
Var<Scalar> sum_squares(Var<Scalar> x) {
    return build(ops::SumSquares{}, {x});
}

template <class Scalar>
Var<Scalar> tanh(Var<Scalar> x) {
    return build(ops::Tanh{}, {x});
}

template <class Scalar>
Var<Scalar> relu(Var<Scalar> x) {
    return build(ops::Relu{}, {x});
}

template <class Scalar>
Var<Scalar> gelu(Var<Scalar> x) {
    return build(ops::Gelu{}, {x});
}

template <class Scalar>
Var<Scalar> gelu_tanh(Var<Scalar> x) {
    return build(ops::GeluTanh{}, {x});
}

template <class Scalar>
Var<Scalar> silu(Var<Scalar> x) {
    return build(ops::Silu{}, {x});
}

template <class Scalar>
Var<Scalar> sigmoid(Var<Scalar> x) {
    return build(ops::Sigmoid{}, {x});
}

template <class Scalar>
Var<Scalar> exp(Var<Scalar> x) {
    return build(ops::Exp{}, {x});
}

template <class Scalar>
Var<Scalar> square(Var<Scalar> x) {
    return build(ops::Square{}, {x});
}

template <class Scalar>
Var<Scalar> softmax(Var<Scalar> x) {
    return build(ops::Softmax{}, {x});
}

template <class Scalar>
Var<Scalar> cross_entropy(Var<Scalar> logits, Var<Scalar> labels) {
    return build(ops::CrossEntropy{}, {logits, labels});
}

template <class Scalar>
Var<Scalar> squared_error(Var<Scalar> x, Var<Scalar> target) {
    const Index rows = std::max<Index>(graph_of(x, "squared_error").shape(x).rows, 1);
    return squared_error(x, target, 1.0 / static_cast<double>(rows));
}

template <class Scalar>
Var<Scalar> squared_error(Var<Scalar> x, Var<Scalar> target, double s) {
    return build(ops::SquaredError{s}, {x, target});
}

#define DUALTAPE_BUILDERS(Scalar)                                                \
    template Var<Scalar> affine(Var<Scalar>, Var<Scalar>, Var<Scalar>);          \
    template Var<Scalar> matmul(Var<Scalar>, Var<Scalar>, Transpose, Transpose); \
    template Var<Scalar> add(Var<Scalar>, Var<Scalar>);                          \
    template Var<Scalar> sub(Var<Scalar>, Var<Scalar>);                          \
    template Var<Scalar> mul(Var<Scalar>, Var<Scalar>);                          \
    template Var<Scalar> scale(Var<Scalar>, double);                             \
    template Var<Scalar> gather(Var<Scalar>, Var<Scalar>);                       \
    template Var<Scalar> concat_rows(const std::vector<Var<Scalar>>&);           \
    template Var<Scalar> slice_rows(Var<Scalar>, Index, Index);                  \
    template Var<Scalar> position(Var<Scalar>, Index);                           \
    template Var<Scalar> mean_positions(Var<Scalar>);                            \
    template Var<Scalar> reshape(Var<Scalar>, Index);                            \
    template Var<Scalar> sum_squares(Var<Scalar>);                               \
    template Var<Scalar> tanh(Var<Scalar>);                                      \
    template Var<Scalar> relu(Var<Scalar>);                                      \
    template Var<Scalar> gelu(Var<Scalar>);                                      \
    template Var<Scalar> gelu_tanh(Var<Scalar>);                                 \
    template Var<Scalar> silu(Var<Scalar>);                                      \
    template Var<Scalar> sigmoid(Var<Scalar>);                                   \
    template Var<Scalar> exp(Var<Scalar>);                                       \
    template Var<Scalar> square(Var<Scalar>);                                    \
    template Var<Scalar> softmax(Var<Scalar>);                                   \
    template Var<Scalar> cross_entropy(Var<Scalar>, Var<Scalar>);                \
    template Var<Scalar> squared_error(Var<Scalar>, Var<Scalar>);                \
    template Var<Scalar> squared_error(Var<Scalar>, Var<Scalar>, double);
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_BUILDERS)

}  // namespace dualtape
