#pragma once
// Pairs of tokens in the form that the slots of a perceptron take (models/mlp.h).

#include <cstdint>
#include <vector>

#include "engine/core/batch.h"
#include "models/mlp.h"

namespace dualtape::pairs {

// N pairs with their labels. Which members are filled depends on input and form of the network.
template <class Scalar>
struct PairInputs {
    std::vector<std::int32_t> a, b;  // N each; for one-hots, b counts from p
    Mat<Scalar> pair;                // 2 x N
    Mat<Scalar> one_hots;            // 2p x N
    std::vector<std::int32_t> labels;

    Index size() const { return static_cast<Index>(labels.size()); }
    // Points the slots of a batch here: this must stay in place as long as the batch is used.
    void bind(Batch<Scalar>& batch) const;
};

// a, b and labels have one entry a pair; tokens are below settings.modulus.
template <class Scalar>
PairInputs<Scalar> make_pair_inputs(const models::MlpSettings& settings,
                                    const std::vector<std::int32_t>& a,
                                    const std::vector<std::int32_t>& b,
                                    std::vector<std::int32_t> labels);

}  // namespace dualtape::pairs
