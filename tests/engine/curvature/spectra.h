#pragma once
// Symmetric matrices with prescribed spectra, for the tests of this folder.

#include <vector>

#include "engine/core/types.h"
#include "engine/curvature/operator.h"
#include "engine/kernels/random.h"

namespace dualtape::tests {

// A random rotation: the orthogonal factor of a normal matrix, n x n.
Mat<double> random_rotation(Index n, std::uint64_t seed);
// Orthonormal columns that span those of `a`, as many as it has.
Mat<double> orthonormal_columns(const Mat<double>& a);
// A symmetric matrix with these eigenvalues and random eigenvectors.
Mat<double> with_spectrum(const Vec<double>& values, std::uint64_t seed);

inline curvature::FunctionOperator<double> diagonal_operator(const Vec<double>& values) {
    return {values.size(),
            [values](In<Mat<double>> v, Out<Mat<double>> av) { av = values.asDiagonal() * v; }};
}

// A prescribed spectrum behind three random reflections, for any size: 12 P flops a product.
// Columns are multiplied one by one, so their bits do not depend on the width of a block.
template <class Scalar = double>
curvature::FunctionOperator<Scalar> reflected(const Vec<double>& values, std::uint64_t seed) {
    const Index n = values.size();
    Mat<double> mirrors(n, 3);
    kernels::Stream(seed, "data", 3).fill_normal(mirrors.data(), mirrors.size());
    mirrors.colwise().normalize();
    return {n, [mirrors, values](In<Mat<Scalar>> v, Out<Mat<Scalar>> av) {
                for (Index c = 0; c < v.cols(); ++c) {
                    Vec<double> x = v.col(c).template cast<double>();
                    for (const Index m : {0, 1, 2}) x -= 2 * mirrors.col(m).dot(x) * mirrors.col(m);
                    x.array() *= values.array();
                    for (const Index m : {2, 1, 0}) x -= 2 * mirrors.col(m).dot(x) * mirrors.col(m);
                    av.col(c) = x.template cast<Scalar>();
                }
            }};
}

// Like the Hessian of a network: outliers far above, a bulk at zero, a negative tail.
Vec<double> network_like_values(Index n, std::uint64_t seed);

}  // namespace dualtape::tests
