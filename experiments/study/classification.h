#pragma once
// Loss and accuracy of a classifier from its logits.

#include <cstdint>
#include <span>

#include "engine/core/types.h"

namespace dualtape::study {

struct Classification {
    double loss = 0;      // mean cross-entropy in nats
    double accuracy = 0;  // share of columns whose largest logit is the label; ties: the first
};

// logits: C x N, N > 0; labels: N, below C. The log-softmax and its sum are in double, in column
// order. Logits that are not finite make the loss NaN and their column wrong.
// Throws std::invalid_argument when the sizes differ.
template <class Scalar>
Classification classify(In<Mat<Scalar>> logits, std::span<const std::int32_t> labels);

}  // namespace dualtape::study
