#pragma once
// Ablation of rows of any named node of any network, by replays.

#include <span>
#include <string_view>
#include <vector>

#include "engine/core/point.h"
#include "experiments/analyses/ablation/ablation.h"
#include "models/mlp.h"

namespace dualtape::analyses {

// Edits that replace rows (units) of a named node for all of its columns, n x (T N): T positions
// of N samples. They fit Point::replay, Workspace::edit and ablate_node, and combine: list several.
// The node must be in Options::taps of the model. All throw std::invalid_argument: for a name
// that no node has, with the nearest; for a row that the node does not have; for shapes.

template <class Scalar>
Edit<Scalar> zero_rows(const Model<Scalar>& model, std::string_view node,
                       std::span<const Index> rows);

// Each row becomes its mean over the columns of `activations`, n x (T M): the node's value on all
// pairs, say. Positions keep means of their own.
template <class Scalar>
Edit<Scalar> mean_rows(const Model<Scalar>& model, std::string_view node,
                       std::span<const Index> rows, In<Mat<Scalar>> activations, Index samples);

// Row rows[i] becomes values.row(i): rows.size() x 1, the same for all columns, or x (T N).
template <class Scalar>
Edit<Scalar> put_rows(const Model<Scalar>& model, std::string_view node,
                      std::span<const Index> rows, In<Mat<Scalar>> values);

template <class Scalar>
struct NodeAblation {
    Mat<Scalar> output;     // the node that was read, n x columns
    Wide<Scalar> loss = 0;  // the model's objective
};

// The node `read` ("logits") and the loss at the point, with these edits. Only what depends on the
// edited nodes is computed again; the point stays as it is. Throws std::invalid_argument for a
// name that no node has, and as Point::replay.
template <class Scalar>
NodeAblation<Scalar> ablate_node(const Point<Scalar>& point, const std::vector<Edit<Scalar>>& edits,
                                 std::string_view read);

// The last layer of a perceptron, as ablation.h wants it: the last two parameters of theta.
// Throws std::invalid_argument unless theta has the size that the parameters say, and the last two
// are a weight and its bias.
template <class Scalar>
Readout output_layer(const std::vector<models::ParameterInfo>& parameters, In<Vec<Scalar>> theta);

}  // namespace dualtape::analyses
