#include "experiments/pairs/pair_classifier.h"

#include <limits>
#include <stdexcept>

namespace dualtape::pairs {

template <class Scalar>
PairClassifier<Scalar>::PairClassifier(const models::MlpSettings& settings, const Task& task,
                                       const Split& split)
    : settings_(settings) {
    if (task.operands != 2) {
        throw std::invalid_argument("pair classifier: " + task.name + " has " +
                                    std::to_string(task.operands) +
                                    " operands; choose a task of two");
    }
    const models::Mlp<Scalar> mlp = models::build_mlp(graph_, settings);
    parameters_ = mlp.parameters;
    model_ = std::make_unique<Model<Scalar>>(graph_, mlp.loss);
    logits_ = model_->node("logits");
    train_ = make_inputs(task, split.train);
    test_ = make_inputs(task, split.test);
}

template <class Scalar>
PairInputs<Scalar> PairClassifier<Scalar>::make_inputs(
    const Task& task, const std::vector<std::int32_t>& samples) const {
    std::vector<std::int32_t> a, b, labels;
    for (const std::int32_t sample : samples) {
        const auto s = static_cast<std::size_t>(sample);
        a.push_back(task.tokens[2 * s]);
        b.push_back(task.tokens[2 * s + 1]);
        labels.push_back(task.labels[s]);
    }
    return make_pair_inputs<Scalar>(settings_, a, b, std::move(labels));
}

template <class Scalar>
Batch<Scalar> PairClassifier<Scalar>::batch(study::Part part) const {
    Batch<Scalar> batch = model_->batch();
    inputs(part).bind(batch);
    return batch;
}

template <class Scalar>
study::Classification PairClassifier<Scalar>::evaluate(Workspace<Scalar>& work,
                                                       In<Vec<Scalar>> theta,
                                                       study::Part part) const {
    return evaluate(work, theta, inputs(part));
}

template <class Scalar>
study::Classification PairClassifier<Scalar>::evaluate(Workspace<Scalar>& work,
                                                       In<Vec<Scalar>> theta,
                                                       const PairInputs<Scalar>& inputs) const {
    if (inputs.size() == 0) {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        return {nan, nan};
    }
    Batch<Scalar> batch = model_->batch();
    inputs.bind(batch);
    Mat<Scalar> logits(settings_.num_classes, inputs.size());
    model_->read(work, theta, batch, logits_, logits);
    return study::classify<Scalar>(logits, inputs.labels);
}

template class PairClassifier<float>;
template class PairClassifier<double>;

}  // namespace dualtape::pairs
