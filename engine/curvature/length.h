#pragma once
// Lengths of vectors whose squares would overflow or vanish, and powers of two as units.

#include <cmath>

#include "engine/core/types.h"

namespace dualtape::curvature {

// The largest power of two up to `size`: a unit in which it is of order one. Dividing by it changes
// no digit. 1 for zero and for what is not finite.
inline double binary_unit(double size) {
    return size > 0 && std::isfinite(size) ? std::ldexp(1.0, std::ilogb(size)) : 1.0;
}

// max |x_i|; 0 for nothing.
template <class Block>
double largest_entry(const Block& x) {
    return x.size() > 0 ? static_cast<double>(x.cwiseAbs().maxCoeff()) : 0.0;
}

// |x|, Frobenius for a matrix, summed in double; right from the smallest to the largest numbers.
template <class Block>
double length(const Block& x) {
    const double plain = x.template cast<double>().norm();
    if (plain > 1e-140 && plain < 1e140) return plain;
    const double unit = binary_unit(largest_entry(x));
    return unit * (x.template cast<double>() / unit).norm();
}

// x in units of its largest entry: the same direction, at a length whose square is in range.
template <class Scalar>
Vec<Scalar> in_own_unit(In<Vec<Scalar>> x) {
    return x / static_cast<Scalar>(binary_unit(largest_entry(x)));
}

}  // namespace dualtape::curvature
