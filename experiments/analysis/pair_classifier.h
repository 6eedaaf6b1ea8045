#pragma once
// A perceptron on pairs of tokens with its train and test data: what analyses of it start from.

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/dualtape.h"
#include "experiments/analysis/classification.h"
#include "experiments/data/split.h"
#include "experiments/data/tasks.h"
#include "models/mlp.h"

namespace dualtape::analysis {

// Owns graph, model and data; immutable after construction, so tasks may share it. Every caller
// brings a Workspace of model().
template <class Scalar>
class PairClassifier {
  public:
    // Throws std::invalid_argument when the task has not two operands or the settings do not fit.
    PairClassifier(const models::MlpSettings& settings, const data::Task& task,
                   const data::Split& split);

    const Model<Scalar>& model() const { return *model_; }
    const std::vector<models::ParameterInfo>& parameters() const { return parameters_; }

    enum class Part { train, test };
    Batch<Scalar> batch(Part part) const;
    Index samples(Part part) const { return static_cast<Index>(side(part).labels.size()); }

    // Loss and accuracy over the whole part; NaN when it is empty.
    Classification evaluate(Workspace<Scalar>& work, In<Vec<Scalar>> theta, Part part) const;

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
