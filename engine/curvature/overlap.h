#pragma once
// How much of a vector lies in a subspace, and how much two subspaces have in common.

#include "engine/core/types.h"

namespace dualtape::curvature {

// |Q'v|^2 / |v|^2 for Q with orthonormal columns, P x k: the share of a gradient, or of an update,
// inside the top eigenspace. From 0 to 1; k / P is expected of a random vector. NaN where v = 0.
// Throws std::invalid_argument when the rows differ. Cost: 2 P k flops.
template <class Scalar>
double share_inside(In<Mat<Scalar>> basis, In<Vec<Scalar>> v);

// Mean squared cosine of the principal angles between the spans of Q and R, both with orthonormal
// columns: |Q'R|_F^2 / min(columns). 1 when one space contains the other; max(columns) / P is
// expected of random spaces. Cluster-proof: it depends on the spaces only, not on their bases.
// NaN for an empty space. Throws std::invalid_argument when the rows differ.
template <class Scalar>
double subspace_overlap(In<Mat<Scalar>> q, In<Mat<Scalar>> r);

}  // namespace dualtape::curvature
