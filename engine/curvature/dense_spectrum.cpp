#include "engine/curvature/dense_spectrum.h"

#include <stdexcept>
#include <string>
#include <vector>

#include <Eigen/Eigenvalues>

namespace dualtape::curvature {

namespace {

constexpr Index kOrders = 8;

// 0, 1, ..., n - 1 first; then reversed and turned by another part of n each time.
std::vector<Index> row_order(Index n, Index attempt) {
    std::vector<Index> order;
    for (Index i = 0; i < n; ++i) {
        const Index turned = (i + attempt * n / kOrders) % n;
        order.push_back(attempt == 0 ? i : n - 1 - turned);
    }
    return order;
}

// options: Eigen::ComputeEigenvectors or Eigen::EigenvaluesOnly, which leaves the vectors empty.
DenseSpectrum solve(const Mat<double>& a, int options) {
    Mat<double> full;  // both triangles, for other orders
    for (Index attempt = 0; attempt < kOrders; ++attempt) {
        const std::vector<Index> order = row_order(a.rows(), attempt);
        if (attempt == 1) full = a.selfadjointView<Eigen::Lower>();
        const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(
            attempt == 0 ? a : Mat<double>(full(order, order)), options);
        if (solver.info() != Eigen::Success && a.allFinite()) continue;
        DenseSpectrum result{solver.eigenvalues(), {}};
        if (options == Eigen::EigenvaluesOnly) return result;
        result.vectors.resize(a.rows(), a.cols());
        result.vectors(order, Eigen::all) = solver.eigenvectors();
        return result;
    }
    throw std::runtime_error("the eigenvalues of a symmetric matrix of " +
                             std::to_string(a.rows()) + " rows did not converge");
}

}  // namespace

DenseSpectrum dense_spectrum(const Mat<double>& symmetric) {
    return solve(symmetric, Eigen::ComputeEigenvectors);
}

Vec<double> dense_eigenvalues(const Mat<double>& symmetric) {
    return solve(symmetric, Eigen::EigenvaluesOnly).values;
}

}  // namespace dualtape::curvature
