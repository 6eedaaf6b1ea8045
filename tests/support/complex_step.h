#pragma once
// Derivatives of test networks by the complex step, on the engine that has complex numbers.

#include <complex>

#include "tests/support/networks.h"

namespace dualtape::testing {

using Complex = std::complex<double>;
inline constexpr double kStep = 1e-30;  // exact: its square vanishes

// theta <- theta + i h v
inline void step(Setup<Complex>& setup, const Vec<double>& theta, const Vec<double>& v) {
    for (Index i = 0; i < v.size(); ++i) setup.theta[i] = {theta[i], kStep * v[i]};
}

// dL/dv at theta, and H v, exact to rounding.
inline double slope_by_step(Setup<Complex>& setup, const Vec<double>& theta, const Vec<double>& v) {
    step(setup, theta, v);
    return setup.value().imag() / kStep;
}
inline Vec<double> hessian_by_step(Setup<Complex>& setup, const Vec<double>& theta,
                                   const Vec<double>& v) {
    step(setup, theta, v);
    return setup.gradient().imag() / kStep;
}

}  // namespace dualtape::testing
