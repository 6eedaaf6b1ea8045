#pragma once
// Curvature matrices of small networks entry by entry.

#include "engine/curvature/dense.h"
#include "engine/curvature/point_operator.h"

namespace dualtape::tests {

inline Mat<double> dense_curvature(
    const Point<double>& point,
    curvature::CurvatureMatrix kind = curvature::CurvatureMatrix::hessian) {
    return curvature::dense_matrix(curvature::PointOperator<double>(point, kind)).matrix;
}

// a (x) b
inline Mat<double> kronecker(const Mat<double>& a, const Mat<double>& b) {
    Mat<double> product(a.rows() * b.rows(), a.cols() * b.cols());
    for (Index c = 0; c < a.cols(); ++c) {
        for (Index r = 0; r < a.rows(); ++r) {
            product.block(r * b.rows(), c * b.cols(), b.rows(), b.cols()) = a(r, c) * b;
        }
    }
    return product;
}

// Softmax of every column.
inline Mat<double> softmax_columns(const Mat<double>& z) {
    Mat<double> p = (z.rowwise() - z.colwise().maxCoeff()).array().exp();
    for (Index c = 0; c < p.cols(); ++c) p.col(c) /= p.col(c).sum();
    return p;
}

// The Hessian of cross entropy in the logits: diag(p) - p p'.
inline Mat<double> label_covariance(const Vec<double>& p) {
    return Mat<double>(p.asDiagonal()) - p * p.transpose();
}

}  // namespace dualtape::tests
