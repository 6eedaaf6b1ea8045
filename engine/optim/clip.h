#pragma once
// Gradient clipping by global norm.

#include "engine/core/types.h"

namespace dualtape::optim {

// Scales the gradient to norm max_norm if it is longer, and returns its norm before that.
//   gradient  P, read and written.
// The squares are summed in double over eight interleaved lanes: an order fixed by P alone.
// The result has norm max_norm to rounding; PyTorch's divides by (norm + 1e-6) instead.
// A norm that is NaN or infinite is returned and the gradient is left as it is, so that the
// caller sees the divergence. An empty gradient has norm 0.
// Throws std::invalid_argument if max_norm <= 0 or not finite.
double clip_by_norm(Out<Vec<double>> gradient, double max_norm);
double clip_by_norm(Out<Vec<float>> gradient, double max_norm);

}  // namespace dualtape::optim
