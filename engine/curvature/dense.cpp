#include "engine/curvature/dense.h"

#include <algorithm>
#include <stdexcept>

#include <Eigen/Eigenvalues>

namespace dualtape::curvature {

template <class Scalar>
DenseMatrix dense_matrix(const Operator<Scalar>& matrix, std::size_t memory_limit) {
    constexpr Index kBlock = 32;
    const Index p = matrix.rows();
    const std::size_t bytes = static_cast<std::size_t>(p) * static_cast<std::size_t>(p) * 8;
    if (bytes > memory_limit) {
        throw std::invalid_argument("dense matrix: " + std::to_string(p) + " rows take " +
                                    std::to_string(bytes >> 20) + " MiB, more than the limit of " +
                                    std::to_string(memory_limit >> 20) +
                                    " MiB; use lanczos for the ends of the spectrum");
    }
    Mat<double> all(p, p);
    for (Index first = 0; first < p; first += kBlock) {
        const Index count = std::min(kBlock, p - first);
        Mat<Scalar> unit = Mat<Scalar>::Zero(p, count), product(p, count);
        for (Index c = 0; c < count; ++c) unit(first + c, c) = Scalar(1);
        matrix.apply(unit, product);
        all.middleCols(first, count) = product.template cast<double>();
    }
    DenseMatrix result;
    const double norm = all.norm();
    const Mat<double> difference = all - all.transpose();
    result.asymmetry = norm > 0 ? difference.cwiseAbs().maxCoeff() / norm : 0;
    result.matrix = 0.5 * (all + all.transpose());
    return result;
}

DenseSpectrum dense_spectrum(const Mat<double>& symmetric) {
    const Eigen::SelfAdjointEigenSolver<Mat<double>> solver(symmetric);
    return {solver.eigenvalues(), solver.eigenvectors()};
}

template DenseMatrix dense_matrix(const Operator<float>&, std::size_t);
template DenseMatrix dense_matrix(const Operator<double>&, std::size_t);

}  // namespace dualtape::curvature
