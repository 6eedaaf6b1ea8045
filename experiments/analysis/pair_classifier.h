#pragma once
// A perceptron on pairs of tokens, with its train and test data.

#include <memory>
#include <vector>

#include "experiments/analysis/classifier.h"
#include "experiments/analysis/pair_inputs.h"
#include "experiments/data/split.h"
#include "experiments/data/tasks.h"

namespace dualtape::analysis {

template <class Scalar>
class PairClassifier final : public Classifier<Scalar> {
  public:
    // Throws std::invalid_argument when the task has not two operands or the settings do not fit.
    PairClassifier(const models::MlpSettings& settings, const data::Task& task,
                   const data::Split& split);

    const Model<Scalar>& model() const override { return *model_; }
    const std::vector<models::ParameterInfo>& parameters() const override { return parameters_; }
    Batch<Scalar> batch(Part part) const override;
    Index samples(Part part) const override { return inputs(part).size(); }
    Classification evaluate(Workspace<Scalar>& work, In<Vec<Scalar>> theta,
                            Part part) const override;

    const PairInputs<Scalar>& inputs(Part part) const {
        return part == Part::train ? train_ : test_;
    }
    // Loss and accuracy on other pairs, in the form of this network.
    Classification evaluate(Workspace<Scalar>& work, In<Vec<Scalar>> theta,
                            const PairInputs<Scalar>& inputs) const;

  private:
    PairInputs<Scalar> make_inputs(const data::Task& task,
                                   const std::vector<std::int32_t>& samples) const;

    models::MlpSettings settings_;
    Graph<Scalar> graph_;
    std::vector<models::ParameterInfo> parameters_;
    std::unique_ptr<Model<Scalar>> model_;
    Node logits_ = -1;
    PairInputs<Scalar> train_, test_;
};

}  // namespace dualtape::analysis
