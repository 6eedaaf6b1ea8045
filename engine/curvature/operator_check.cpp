#include "engine/curvature/operator_check.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "engine/curvature/normalised_operator.h"
#include "engine/kernels/random.h"

namespace dualtape::curvature {

const char* text(OperatorStatus status) {
    switch (status) {
        case OperatorStatus::passed:
            return "passed";
        case OperatorStatus::nonfinite:
            return "nonfinite";
        case OperatorStatus::zero:
            return "zero";
        case OperatorStatus::not_repeatable:
            return "not repeatable";
        case OperatorStatus::asymmetric:
            return "asymmetric";
    }
    return "";
}

template <class Scalar>
OperatorCheck check_operator(const Operator<Scalar>& matrix, std::uint64_t seed) {
    const Index p = matrix.rows();
    Mat<Scalar> vectors(p, 3), products(p, 3), again(p, 3);
    kernels::Stream(seed, "operator check").fill_normal(vectors.data(), 2 * p);
    vectors.col(2) = vectors.col(0) + vectors.col(1);
    const NormalisedOperator<Scalar> scaled(matrix);
    const Index before = matrix.products();
    scaled.apply(vectors, products);
    scaled.apply(vectors, again);

    OperatorCheck check;
    check.products = matrix.products() - before;
    const auto bytes = static_cast<std::size_t>(products.size()) * sizeof(Scalar);
    check.is_repeatable = bytes == 0 || std::memcmp(products.data(), again.data(), bytes) == 0;
    const Mat<double> x = vectors.template cast<double>(), ax = products.template cast<double>();
    const double length = ax.col(1).norm();
    const double scale = x.col(0).norm() * length;
    if (scale > 0) {
        check.asymmetry = std::abs(x.col(0).dot(ax.col(1)) - x.col(1).dot(ax.col(0))) / scale;
        check.noise = (ax.col(2) - ax.col(0) - ax.col(1)).norm() / length;
    }
    if (!products.allFinite() || !again.allFinite()) {
        check.status = OperatorStatus::nonfinite;
    } else if (products.isZero(0)) {
        check.status = OperatorStatus::zero;
    } else if (!check.is_repeatable) {
        check.status = OperatorStatus::not_repeatable;
    } else if (!(check.asymmetry <= 50.0 * std::numeric_limits<Scalar>::epsilon())) {
        check.status = OperatorStatus::asymmetric;
    }
    return check;
}

template OperatorCheck check_operator(const Operator<float>&, std::uint64_t);
template OperatorCheck check_operator(const Operator<double>&, std::uint64_t);

}  // namespace dualtape::curvature
