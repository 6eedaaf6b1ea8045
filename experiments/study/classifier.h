#pragma once
// A network with the train and test data it learns: what training, curvature and analyses start
// from.

#include <vector>

#include "engine/dualtape.h"
#include "experiments/study/classification.h"
#include "models/mlp.h"

namespace dualtape::study {

enum class Part { train, test };

// Owns graph, model and data; immutable after construction, so several tasks may share it. Every
// caller brings a Workspace of model().
template <class Scalar>
class Classifier {
  public:
    Classifier() = default;
    Classifier(const Classifier&) = delete;
    Classifier& operator=(const Classifier&) = delete;
    virtual ~Classifier() = default;

    virtual const Model<Scalar>& model() const = 0;
    // In the order of theta.
    virtual const std::vector<models::ParameterInfo>& parameters() const = 0;
    // All samples of a part.
    virtual Batch<Scalar> batch(Part part) const = 0;
    virtual Index samples(Part part) const = 0;
    // Loss and accuracy over the whole part; NaN when it is empty.
    virtual Classification evaluate(Workspace<Scalar>& work, In<Vec<Scalar>> theta,
                                    Part part) const = 0;
};

}  // namespace dualtape::study
