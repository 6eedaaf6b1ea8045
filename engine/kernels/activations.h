#pragma once
// Activations over contiguous arrays, with their first two derivatives where those are saved.

#include "engine/kernels/elementary.h"

namespace dualtape::kernels {

template <class Scalar>
void relu(Scalar* y, const Scalar* x, Index size);

// out = or += (y > 0 ? u : 0); y decides by its real part.
template <class Scalar>
void where_positive(Scalar* out, const Scalar* y, const Scalar* u, Index size, bool adds);

// y = f(x), d1 = f'(x), d2 = f''(x); d1 and d2 may be null (d2 is then not computed either).
// y must not overlap x.
template <class Scalar>
void gelu(Scalar* y, Scalar* d1, Scalar* d2, const Scalar* x, Index size);
template <class Scalar>
void gelu_tanh(Scalar* y, Scalar* d1, Scalar* d2, const Scalar* x, Index size);
template <class Scalar>
void silu(Scalar* y, Scalar* d1, Scalar* d2, const Scalar* x, Index size);

}  // namespace dualtape::kernels
