#pragma once
// A perceptron on pairs of tokens, with its train and test data.

#include <cstdint>
#include <memory>
#include <vector>

#include "experiments/analysis/classifier.h"
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
    Index samples(Part part) const override { return static_cast<Index>(side(part).labels.size()); }
    Classification evaluate(Workspace<Scalar>& work, In<Vec<Scalar>> theta,
                            Part part) const override;

  private:
    // The same samples in the form of every slot; which are filled depends on the input.
    struct Side {
        std::vector<std::int32_t> a, b, labels;
        Mat<Scalar> pair;      // 2 x N
        Mat<Scalar> one_hots;  // 2p x N
    };
    Side make_side(const data::Task& task, const std::vector<std::int32_t>& samples) const;
    const Side& side(Part part) const { return part == Part::train ? train_ : test_; }

    models::MlpSettings settings_;
    Graph<Scalar> graph_;
    std::vector<models::ParameterInfo> parameters_;
    std::unique_ptr<Model<Scalar>> model_;
    Node logits_ = -1;
    Side train_, test_;
};

}  // namespace dualtape::analysis
