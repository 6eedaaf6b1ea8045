#pragma once
// Exponentials, logarithms and their relatives over contiguous arrays, independent of the C
// library.
//
// Array forms are y[i] = f(x[i]) for i < size. Any size and alignment will do; y may be x itself,
// but not overlap it otherwise. The result for an element depends on nothing but its value: not
// on its position, its neighbours, the size or the vector width, and scalar forms give the same
// bits. (The loops consist of correctly rounded operations, and the file is compiled without
// contraction of products.) Results with and without fused multiply-add differ in last bits.
// NaN gives NaN; infinities, signed zeros and denormals are treated as in C. No floating-point
// status is promised.
//
// Largest errors seen on dense grids, in units of the last place, double and float: exp 1.0, log
// and log1p 0.8, tanh 2.3, sigmoid 2.1, erf 2.4, normal_cdf 6.7 with fused multiply-add and 8.8
// without (relative to itself, in both tails).
//
// std::complex<double>, which exists in tests only, takes the C++ library's functions, and
// f(x) + i y f'(x) where it has none: erf and normal_cdf, exact for |y| <= 1e-20.

#include "engine/core/types.h"

namespace dualtape::kernels {

template <class Scalar>
void exp(Scalar* y, const Scalar* x, Index size);

// log(0) = -inf; NaN below 0.
template <class Scalar>
void log(Scalar* y, const Scalar* x, Index size);

// log(1 + x), accurate near 0. log1p(-1) = -inf; NaN below -1.
template <class Scalar>
void log1p(Scalar* y, const Scalar* x, Index size);

template <class Scalar>
void tanh(Scalar* y, const Scalar* x, Index size);

// 1 / (1 + exp(-x)).
template <class Scalar>
void sigmoid(Scalar* y, const Scalar* x, Index size);

template <class Scalar>
void erf(Scalar* y, const Scalar* x, Index size);

// The standard normal distribution function Phi, accurate relative to itself in both tails.
template <class Scalar>
void normal_cdf(Scalar* y, const Scalar* x, Index size);

// Phi and the standard normal density exp(-x^2/2) / sqrt(2 pi) at once, for one exponential.
// Either output may be x itself.
template <class Scalar>
void normal_cdf_density(Scalar* cdf, Scalar* density, const Scalar* x, Index size);

// sin(2 pi u) and cos(2 pi u); NaN where |u| is so large that u has no fraction of a turn left
// (2^50 in double, 2^20 in float). float and double only. Either output may be u itself.
template <class Scalar>
void sin_cos_turns(Scalar* sine, Scalar* cosine, const Scalar* u, Index size);

// The same functions of one number.
template <class Scalar>
Scalar exp(Scalar x);
template <class Scalar>
Scalar log(Scalar x);
template <class Scalar>
Scalar log1p(Scalar x);

}  // namespace dualtape::kernels
