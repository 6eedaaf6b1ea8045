#pragma once
// The functions that build graphs: one per op, found by argument-dependent lookup on Var.
//
// All throw std::invalid_argument, with the shapes and the names of the inputs, when shapes or
// domains do not fit. "Fixed" nodes depend on parameters only; C counts columns. The ops' headers
// give every formula.

#include <vector>

#include "engine/core/graph.h"

namespace dualtape {

enum class Transpose { no, yes };

// W x + b. W: m x k and b: m x 1, fixed; x: k x C.
template <class Scalar>
Var<Scalar> affine(Var<Scalar> w, Var<Scalar> x, Var<Scalar> b);
// op(a) op(b); a fixed; transposes only when both are fixed.
template <class Scalar>
Var<Scalar> matmul(Var<Scalar> a, Var<Scalar> b, Transpose transpose_a = Transpose::no,
                   Transpose transpose_b = Transpose::no);
// a + b, a - b; b may be a fixed column, or one fixed column per position.
template <class Scalar>
Var<Scalar> add(Var<Scalar> a, Var<Scalar> b);
template <class Scalar>
Var<Scalar> sub(Var<Scalar> a, Var<Scalar> b);
// a * b elementwise; equal shapes.
template <class Scalar>
Var<Scalar> mul(Var<Scalar> a, Var<Scalar> b);
template <class Scalar>
Var<Scalar> scale(Var<Scalar> x, double factor);
// Columns of a fixed table (n x p) by tokens.
template <class Scalar>
Var<Scalar> gather(Var<Scalar> table, Var<Scalar> tokens);
template <class Scalar>
Var<Scalar> concat_rows(const std::vector<Var<Scalar>>& inputs);
template <class Scalar>
Var<Scalar> slice_rows(Var<Scalar> x, Index begin, Index count);
// Column t of every sample; the mean over the T columns of every sample.
template <class Scalar>
Var<Scalar> position(Var<Scalar> x, Index t);
template <class Scalar>
Var<Scalar> mean_positions(Var<Scalar> x);
// The same numbers in columns of `rows`. Free: no copy.
template <class Scalar>
Var<Scalar> reshape(Var<Scalar> x, Index rows);
// Over all of a fixed node (1 x 1), over the rows of a sample node (1 x C).
template <class Scalar>
Var<Scalar> sum_squares(Var<Scalar> x);
template <class Scalar>
Var<Scalar> tanh(Var<Scalar> x);
template <class Scalar>
Var<Scalar> relu(Var<Scalar> x);
template <class Scalar>
Var<Scalar> gelu(Var<Scalar> x);  // the exact (erf) form
template <class Scalar>
Var<Scalar> gelu_tanh(Var<Scalar> x);
template <class Scalar>
Var<Scalar> silu(Var<Scalar> x);
template <class Scalar>
Var<Scalar> sigmoid(Var<Scalar> x);
template <class Scalar>
Var<Scalar> exp(Var<Scalar> x);
template <class Scalar>
Var<Scalar> square(Var<Scalar> x);
template <class Scalar>
Var<Scalar> softmax(Var<Scalar> x);  // over the rows of every column
// One loss per column, in nats. labels: tokens, one per column, in [0, rows of logits).
template <class Scalar>
Var<Scalar> cross_entropy(Var<Scalar> logits, Var<Scalar> labels);
// s sum_i (x_i - t_i)^2 per column; s defaults to 1/n for n rows. target: data.
template <class Scalar>
Var<Scalar> squared_error(Var<Scalar> x, Var<Scalar> target);
template <class Scalar>
Var<Scalar> squared_error(Var<Scalar> x, Var<Scalar> target, double s);

}  // namespace dualtape
