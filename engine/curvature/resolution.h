#pragma once
// How far a quadrature may be from the measure it stands for: what its nodes do not resolve.

#include "engine/curvature/density.h"

namespace dualtape::curvature {

// Bound of |mu(x, inf) - weight of the nodes above x|, for mu the measure that the probe sees. With
// p_j the orthonormal polynomials of mu, which follow from the recurrence, every measure with the
// moments 0 .. 2 nodes - 2 of mu, hence mu and the quadrature, lies on either side of x within
//   1 / (p_0(x)^2 + ... + p_{nodes-1}(x)^2)
// of any other: a node's own weight at a node, next to nothing in a wide gap of the spectrum. 0
// where the quadrature is exact, NaN where its recurrence is not known.
// Source: the inequality of Chebyshev, Markov and Stieltjes; Akhiezer 1965, ch. 2.
double resolution(const ProbeQuadrature& probe, double x);

}  // namespace dualtape::curvature
