#include "experiments/analysis/pair_classifier.h"

#include <limits>
#include <stdexcept>

namespace dualtape::analysis {

template <class Scalar>
PairClassifier<Scalar>::PairClassifier(const models::MlpSettings& settings, const data::Task& task,
                                       const data::Split& split)
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
    train_ = make_side(task, split.train);
    test_ = make_side(task, split.test);
}

template <class Scalar>
typename PairClassifier<Scalar>::Side PairClassifier<Scalar>::make_side(
    const data::Task& task, const std::vector<std::int32_t>& samples) const {
    using models::MlpForm;
    using models::MlpInput;
    const bool is_one_hot = settings_.input == MlpInput::one_hot;
    const bool is_raw = settings_.input == MlpInput::raw;
    const bool is_dense = is_one_hot && settings_.form == MlpForm::plain;
    const auto count = static_cast<Index>(samples.size());
    const auto p = static_cast<std::int32_t>(settings_.modulus);
    Side side;
    if (is_raw) side.pair.resize(2, count);
    if (is_dense) side.one_hots.setZero(2 * settings_.modulus, count);
    for (Index s = 0; s < count; ++s) {
        const auto sample = static_cast<std::size_t>(samples[static_cast<std::size_t>(s)]);
        const std::int32_t a = task.tokens[2 * sample];
        const std::int32_t b = task.tokens[2 * sample + 1];
        side.labels.push_back(task.labels[sample]);
        if (is_raw) {
            side.pair(0, s) = static_cast<Scalar>(a);
            side.pair(1, s) = static_cast<Scalar>(b);
        } else if (is_dense) {
            side.one_hots(a, s) = side.one_hots(p + b, s) = Scalar(1);
        } else {
            side.a.push_back(a);
            side.b.push_back(is_one_hot ? p + b : b);
        }
    }
    return side;
}

template <class Scalar>
Batch<Scalar> PairClassifier<Scalar>::batch(Part part) const {
    const Side& data = side(part);
    Batch<Scalar> batch = model_->batch();
    const auto set_tokens = [&](const char* slot, const std::vector<std::int32_t>& tokens) {
        batch.set(slot, tokens.data(), static_cast<Index>(tokens.size()));
    };
    set_tokens("labels", data.labels);
    if (settings_.input == models::MlpInput::raw) {
        batch.set("pair", {data.pair.data(), data.pair.rows(), data.pair.cols()});
    } else if (data.one_hots.size() > 0) {
        batch.set("one_hots", {data.one_hots.data(), data.one_hots.rows(), data.one_hots.cols()});
    } else {
        set_tokens("a", data.a);
        set_tokens("b", data.b);
    }
    return batch;
}

template <class Scalar>
Classification PairClassifier<Scalar>::evaluate(Workspace<Scalar>& work, In<Vec<Scalar>> theta,
                                                Part part) const {
    if (samples(part) == 0) {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        return {nan, nan};
    }
    Mat<Scalar> logits(settings_.num_classes, samples(part));
    model_->read(work, theta, batch(part), logits_, logits);
    return classify<Scalar>(logits, side(part).labels);
}

template class PairClassifier<float>;
template class PairClassifier<double>;

}  // namespace dualtape::analysis
