#pragma once
// Scalars, vectors and matrices of the whole project, and the legend of its names.
//
// Dimension letters, valid everywhere in comments:
//   P  parameters            N  samples of the data set     B  samples of the batch
//   T  positions per sample  D  features of the stream      H  heads     K  features per head
//   F  hidden features       C  classes                     L  layers    S  tangents in a block
//   G  sample groups         p  modulus                     w  frequency
// Matrices are features x columns, column-major; column = sample * T + position.
//   y value    y_bar adjoint dL/dy    y_dot tangent    y_bar_dot tangent of the adjoint
// Prime ' means transpose, never conjugate; * between equal shapes is elementwise.

#include <complex>
#include <cstddef>
#include <cstdint>

#include <Eigen/Core>

#include "engine/core/storage.h"

namespace dualtape {

using Index = Eigen::Index;

// Matrices of Eigen that any compiler flags on either side agree about.
template <class Scalar>
using Vec = Eigen::Matrix<Scalar, Eigen::Dynamic, 1, Eigen::DontAlign>;
template <class Scalar>
using Mat = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::DontAlign>;

// Arguments of public functions: read-only and writable views without a copy.
template <class Matrix>
using In = const Eigen::Ref<const Matrix, 0, Eigen::OuterStride<>>&;
template <class Matrix>
using Out = Eigen::Ref<Matrix, 0, Eigen::OuterStride<>>;

// Losses and sums over samples are accumulated in Wide<Scalar>.
template <class Scalar>
struct WideOf {
    using type = double;
};
template <>
struct WideOf<std::complex<double>> {
    using type = std::complex<double>;
};
template <class Scalar>
using Wide = typename WideOf<Scalar>::type;

template <class Scalar>
inline constexpr bool is_complex = false;
template <>
inline constexpr bool is_complex<std::complex<double>> = true;

}  // namespace dualtape

// Explicit instantiations of the engine. std::complex<double> exists in the tests only, where it
// gives derivatives that are exact to rounding (the complex step).
#ifdef DUALTAPE_COMPLEX
#define DUALTAPE_FOR_EACH_SCALAR(DO) DO(float) DO(double) DO(std::complex<double>)
#else
#define DUALTAPE_FOR_EACH_SCALAR(DO) DO(float) DO(double)
#endif

// Says, below a class template, that the library holds it for these scalars: programs that use it
// do not compile it once more with flags of their own.
#define DUALTAPE_COMPILED(Template)         \
    extern template class Template<float>;  \
    extern template class Template<double>; \
    DUALTAPE_COMPILED_COMPLEX(Template)
#ifdef DUALTAPE_COMPLEX
#define DUALTAPE_COMPILED_COMPLEX(Template) extern template class Template<std::complex<double>>;
#else
#define DUALTAPE_COMPILED_COMPLEX(Template)
#endif
