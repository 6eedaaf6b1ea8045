#include "experiments/analyses/ablation/node_ablation.h"

#include <stdexcept>
#include <string>

namespace dualtape::analyses {

namespace {

// Keeps all rows but these, puts nothing in their place: n x 1 each.
template <class Scalar>
Edit<Scalar> edit_of_rows(const Model<Scalar>& model, std::string_view name,
                          std::span<const Index> rows) {
    Edit<Scalar> edit;
    edit.node = model.node(name);
    const Index count = model.plan().node(edit.node).shape.rows;
    edit.keep = Mat<Scalar>::Ones(count, 1);
    for (const Index row : rows) {
        if (row < 0 || row >= count) {
            throw std::invalid_argument("node ablation: unit " + std::to_string(row) + " of " +
                                        std::string(name) + " does not exist; there are " +
                                        std::to_string(count) + ", from 0");
        }
        edit.keep(row, 0) = Scalar(0);
    }
    edit.put = Mat<Scalar>::Zero(count, 1);
    return edit;
}

// The same n x 1 factors for `columns` columns, as an edit has one shape for all of its rows.
template <class Scalar>
void spread_over(Edit<Scalar>& edit, Index columns) {
    const Mat<Scalar> keep = edit.keep.replicate(1, columns);
    edit.keep = keep;
    edit.put = Mat<Scalar>::Zero(keep.rows(), columns);
}

}  // namespace

template <class Scalar>
Edit<Scalar> zero_rows(const Model<Scalar>& model, std::string_view node,
                       std::span<const Index> rows) {
    return edit_of_rows(model, node, rows);
}

template <class Scalar>
Edit<Scalar> mean_rows(const Model<Scalar>& model, std::string_view node,
                       std::span<const Index> rows, In<Mat<Scalar>> activations, Index samples) {
    const Edit<Scalar> edit = edit_of_rows(model, node, rows);
    const Shape shape = model.plan().node(edit.node).shape;
    const Index span = shape.span;
    if (activations.rows() != shape.rows || activations.cols() == 0 ||
        activations.cols() % span != 0) {
        throw std::invalid_argument(
            "node ablation: means of " + std::to_string(activations.rows()) + "x" +
            std::to_string(activations.cols()) + " activations for " + std::string(node) +
            ", which has " + std::to_string(shape.rows) + " rows and " + std::to_string(span) +
            " columns a sample; read them from this node");
    }
    // In double, column after column: means do not depend on the size of the batch that was read.
    Mat<Wide<Scalar>> sums = Mat<Wide<Scalar>>::Zero(shape.rows, span);
    for (Index c = 0; c < activations.cols(); ++c) {
        sums.col(c % span) += activations.col(c).template cast<Wide<Scalar>>();
    }
    sums /= static_cast<double>(activations.cols() / span);
    const Index copies = span == 1 || shape.is_fixed ? 1 : samples;
    Mat<Scalar> values(static_cast<Index>(rows.size()), span * copies);
    for (Index i = 0; i < values.rows(); ++i) {
        for (Index c = 0; c < values.cols(); ++c) {
            values(i, c) = static_cast<Scalar>(sums(rows[at(i)], c % span));
        }
    }
    return put_rows<Scalar>(model, node, rows, values);
}

template <class Scalar>
Edit<Scalar> put_rows(const Model<Scalar>& model, std::string_view node,
                      std::span<const Index> rows, In<Mat<Scalar>> values) {
    Edit<Scalar> edit = edit_of_rows(model, node, rows);
    if (values.rows() != static_cast<Index>(rows.size()) || values.cols() == 0) {
        throw std::invalid_argument("node ablation: values of " + std::to_string(values.rows()) +
                                    "x" + std::to_string(values.cols()) + " for " +
                                    std::to_string(rows.size()) + " units of " + std::string(node) +
                                    "; give a row each");
    }
    if (values.cols() > 1) spread_over(edit, values.cols());
    for (Index i = 0; i < values.rows(); ++i) edit.put.row(rows[at(i)]) = values.row(i);
    return edit;
}

template <class Scalar>
NodeAblation<Scalar> ablate_node(const Point<Scalar>& point, const std::vector<Edit<Scalar>>& edits,
                                 std::string_view read) {
    const Node node = point.plan().find(read);
    const Shape shape = point.plan().node(node).shape;
    NodeAblation<Scalar> result;
    result.output.resize(shape.rows, shape.span * (shape.is_fixed ? 1 : point.samples()));
    result.loss = point.replay(edits, node, result.output);
    return result;
}

template <class Scalar>
Readout output_layer(const std::vector<models::ParameterInfo>& parameters, In<Vec<Scalar>> theta) {
    Index size = 0;
    for (const models::ParameterInfo& parameter : parameters) {
        size += parameter.rows * parameter.cols;
    }
    if (size != theta.size()) {
        throw std::invalid_argument("output layer: theta has " + std::to_string(theta.size()) +
                                    " entries, the parameters " + std::to_string(size) +
                                    "; give those of one model");
    }
    if (parameters.size() < 2 || !parameters.back().is_vector ||
        parameters[parameters.size() - 2].rows != parameters.back().rows) {
        throw std::invalid_argument(
            "output layer: the last two parameters are not a weight and its bias; the model is no "
            "perceptron of models/mlp.h");
    }
    const models::ParameterInfo& weight = parameters[parameters.size() - 2];
    const Index classes = weight.rows, features = weight.cols;
    const Index start = size - classes * features - classes;
    Readout readout;
    readout.weight = theta.segment(start, classes * features)
                         .reshaped(classes, features)
                         .template cast<double>();
    readout.bias = theta.tail(classes).template cast<double>();
    return readout;
}

#define DUALTAPE_INSTANTIATE(Scalar)                                                               \
    template Edit<Scalar> zero_rows(const Model<Scalar>&, std::string_view,                        \
                                    std::span<const Index>);                                       \
    template Edit<Scalar> mean_rows(const Model<Scalar>&, std::string_view,                        \
                                    std::span<const Index>, In<Mat<Scalar>>, Index);               \
    template Edit<Scalar> put_rows(const Model<Scalar>&, std::string_view, std::span<const Index>, \
                                   In<Mat<Scalar>>);                                               \
    template NodeAblation<Scalar> ablate_node(const Point<Scalar>&,                                \
                                              const std::vector<Edit<Scalar>>&, std::string_view); \
    template Readout output_layer(const std::vector<models::ParameterInfo>&, In<Vec<Scalar>>);
DUALTAPE_INSTANTIATE(float)
DUALTAPE_INSTANTIATE(double)
#undef DUALTAPE_INSTANTIATE

}  // namespace dualtape::analyses
