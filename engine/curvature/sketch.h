#pragma once
// The range of a matrix from its products with random probes, and that range without one probe.

#include <string_view>

#include "engine/curvature/basis.h"
#include "engine/curvature/operator.h"
#include "engine/curvature/probes.h"
#include "engine/curvature/trace.h"

namespace dualtape::curvature {

// A Omega = Q R over s probes. Without probe i the range is that of Q (I - s_i s_i'), where s_i,
// the unit vector along R^-T e_i, is orthogonal to all columns of R but the i-th. So every estimate
// that leaves one probe out follows from s x s matrices.
template <class Scalar>
struct RangeSketch {
    Basis<Scalar> range;   // Q, P x s
    Mat<double> r;         // upper triangular; a zero on its diagonal where a product was dependent
    Mat<double> left_out;  // columns s_i
};

// Draws Omega from the streams (settings.seed, purpose); s products. Kind, block and threads of the
// settings apply. Memory: P s. s must not exceed the rows.
// Source: Epperly, Tropp & Webber 2024 (XTrace), section 2.1.
template <class Scalar>
RangeSketch<Scalar> sketch_range(const Operator<Scalar>& matrix, Index s, std::string_view purpose,
                                 const TraceSettings<Scalar>& settings);

}  // namespace dualtape::curvature
