#include "tests/engine/curvature/spectra.h"

#include <cmath>

#include <Eigen/QR>

namespace dualtape::tests {

Mat<double> random_rotation(Index n, std::uint64_t seed) {
    Mat<double> normal(n, n);
    kernels::Stream(seed, "data").fill_normal(normal.data(), normal.size());
    return orthonormal_columns(normal);
}

Mat<double> orthonormal_columns(const Mat<double>& a) {
    const Eigen::HouseholderQR<Mat<double>> qr(a);
    return qr.householderQ() * Mat<double>::Identity(a.rows(), a.cols());
}

Mat<double> with_spectrum(const Vec<double>& values, std::uint64_t seed) {
    const Mat<double> q = random_rotation(values.size(), seed);
    const Mat<double> a = q * values.asDiagonal() * q.transpose();
    return 0.5 * (a + a.transpose());
}

Vec<double> network_like_values(Index n, std::uint64_t seed) {
    Vec<double> values(n);
    kernels::Stream stream(seed, "data", 1);
    for (Index i = 0; i < n; ++i) {
        const double u = stream.uniform<double>();
        values[i] = i < 20       ? 50.0 * std::pow(0.8, static_cast<double>(i)) * (1 + 0.1 * u)
                    : i < n / 10 ? -0.5 * u * u
                                 : 0.5 * u * u * u * u;
    }
    return values;
}

}  // namespace dualtape::tests
