#pragma once
// A perceptron on pairs of tokens, with its train and test data.

#include <memory>
#include <vector>

#include "experiments/pairs/pair_inputs.h"
#include "experiments/pairs/split.h"
#include "experiments/pairs/tasks.h"
#include "experiments/study/classifier.h"

namespace dualtape::pairs {

template <class Scalar>
class PairClassifier final : public study::Classifier<Scalar> {
  public:
    // Throws std::invalid_argument when the task has not two operands or the settings do not fit.
    PairClassifier(const models::MlpSettings& settings, const Task& task, const Split& split);

    const Model<Scalar>& model() const override { return *model_; }
    const std::vector<models::ParameterInfo>& parameters() const override { return parameters_; }
    Batch<Scalar> batch(study::Part part) const override;
    Index samples(study::Part part) const override { return inputs(part).size(); }
    study::Classification evaluate(Workspace<Scalar>& work, In<Vec<Scalar>> theta,
                                   study::Part part) const override;

    const PairInputs<Scalar>& inputs(study::Part part) const {
        return part == study::Part::train ? train_ : test_;
    }
    // Loss and accuracy on other pairs, in the form of this network.
    study::Classification evaluate(Workspace<Scalar>& work, In<Vec<Scalar>> theta,
                                   const PairInputs<Scalar>& inputs) const;

  private:
    PairInputs<Scalar> make_inputs(const Task& task,
                                   const std::vector<std::int32_t>& samples) const;

    models::MlpSettings settings_;
    Graph<Scalar> graph_;
    std::vector<models::ParameterInfo> parameters_;
    std::unique_ptr<Model<Scalar>> model_;
    Node logits_ = -1;
    PairInputs<Scalar> train_, test_;
};

}  // namespace dualtape::pairs
