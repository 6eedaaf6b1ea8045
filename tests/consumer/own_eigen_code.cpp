// Eigen as a program uses it that has never heard of dualtape, beside it in one program.
#include <cmath>
#include <vector>

#include <Eigen/Dense>
#include <Eigen/StdVector>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "engine/dualtape.h"
#include "parts.h"  // layer-ok: of this project

// Nothing that dualtape is built with reaches this file.
#if defined(EIGEN_DONT_PARALLELIZE) || defined(EIGEN_RUNTIME_NO_MALLOC) || \
    defined(EIGEN_NO_CPUID) || EIGEN_STACK_ALLOCATION_LIMIT != 128 * 1024
#error "the package exports macros of Eigen"
#endif
#if defined(CONSUMER_IS_PLAIN) && (defined(__AVX__) || defined(__SSE3__))
#error "the package exports instructions"
#endif

namespace {

// Numbers in [-1, 1] without a generator.
template <class Matrix>
Matrix waves(Eigen::Index rows, Eigen::Index cols, double pace) {
    Matrix m(rows, cols);
    for (Eigen::Index i = 0; i < m.size(); ++i) {
        m.data()[i] = static_cast<typename Matrix::Scalar>(std::sin(pace * double(i * i + 1)));
    }
    return m;
}

template <class Matrix>
bool product_is_right(Eigen::Index rows, Eigen::Index cols, Eigen::Index depth) {
    const Matrix a = waves<Matrix>(rows, depth, 0.7), b = waves<Matrix>(depth, cols, 0.3);
    const Matrix c = a * b;
    for (Eigen::Index i = 0; i < rows; i += 17) {
        for (Eigen::Index j = 0; j < cols; j += 13) {
            double sum = 0;
            for (Eigen::Index k = 0; k < depth; ++k) sum += double(a(i, k)) * double(b(k, j));
            if (std::abs(double(c(i, j)) - sum) > 1e-3) return false;
        }
    }
    return true;
}

bool solvers_are_right() {
    const Eigen::MatrixXd random = waves<Eigen::MatrixXd>(60, 60, 0.7);
    const Eigen::MatrixXd definite =
        random * random.transpose() + Eigen::MatrixXd::Identity(60, 60);
    const Eigen::VectorXd x = waves<Eigen::VectorXd>(60, 1, 0.9), b = definite * x;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(definite);
    const Eigen::MatrixXd rebuilt =
        eigen.eigenvectors() * eigen.eigenvalues().asDiagonal() * eigen.eigenvectors().transpose();
    return (definite.llt().solve(b) - x).norm() < 1e-8 &&
           (definite.partialPivLu().solve(b) - x).norm() < 1e-8 &&
           (definite.householderQr().solve(b) - x).norm() < 1e-8 &&
           (rebuilt - definite).norm() < 1e-8 * definite.norm();
}

// Memory that is aligned as this file aligns it, grown, moved and freed.
bool memory_is_right() {
    std::vector<Eigen::MatrixXf> matrices;
    std::vector<Eigen::Matrix4f, Eigen::aligned_allocator<Eigen::Matrix4f>> fixed;
    double sum = 0;
    for (int i = 1; i <= 200; ++i) {
        matrices.emplace_back(Eigen::MatrixXf::Constant(i % 37 + 1, i % 11 + 1, 1));
        fixed.emplace_back(Eigen::Matrix4f::Identity());
        if (i % 3 == 0) matrices[static_cast<std::size_t>(i / 2)].resize(i % 23 + 1, 5);
        if (i % 5 == 0) matrices.front().swap(matrices.back());
    }
    for (const Eigen::Matrix4f& matrix : fixed) sum += double(matrix.trace());
    Eigen::VectorXd vector(3);
    vector.conservativeResize(3000);
    vector.setOnes();
    return sum == 800 && vector.sum() == 3000;
}

// Eigen's threads and caches are what they are without dualtape.
bool settings_are_untouched() {
    int l1 = 0, l2 = 0, l3 = 0;
    Eigen::internal::queryCacheSizes(l1, l2, l3);
    if (l1 > 0 && Eigen::l1CacheSize() != l1) return false;
    if (l2 > 0 && Eigen::l2CacheSize() != l2) return false;
    if (l3 > 0 && Eigen::l3CacheSize() != l3) return false;
#ifdef _OPENMP
    return Eigen::nbThreads() == omp_get_max_threads();
#else
    return true;
#endif
}

}  // namespace

bool own_eigen_code_is_right() {
    return product_is_right<Eigen::MatrixXf>(300, 210, 250) &&
           product_is_right<Eigen::MatrixXd>(129, 301, 77) &&
           product_is_right<Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>(65, 33, 400) &&
           solvers_are_right() && memory_is_right() && settings_are_untouched();
}
