#include "engine/curvature/overlap.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "engine/curvature/length.h"

namespace dualtape::curvature {

namespace {

// |Q'R|_F^2, columns of Q one by one, summed in double.
template <class Scalar>
double shared(const char* what, In<Mat<Scalar>> q, In<Mat<Scalar>> r) {
    if (q.rows() != r.rows()) {
        throw std::invalid_argument(std::string(what) + ": " + std::to_string(q.rows()) + " and " +
                                    std::to_string(r.rows()) + " rows; they must be equal");
    }
    double sum = 0;
    for (Index i = 0; i < q.cols(); ++i) {
        const Vec<double> column = q.col(i).template cast<double>();
        sum += (r.template cast<double>().transpose() * column).squaredNorm();
    }
    return sum;
}

}  // namespace

template <class Scalar>
double share_inside(In<Mat<Scalar>> basis, In<Vec<Scalar>> v) {
    const Vec<Scalar> direction = in_own_unit<Scalar>(v);
    return shared<Scalar>("share inside", basis, direction) /
           direction.template cast<double>().squaredNorm();
}

template <class Scalar>
double subspace_overlap(In<Mat<Scalar>> q, In<Mat<Scalar>> r) {
    return shared<Scalar>("subspace overlap", q, r) /
           static_cast<double>(std::min(q.cols(), r.cols()));
}

template double share_inside(In<Mat<float>>, In<Vec<float>>);
template double share_inside(In<Mat<double>>, In<Vec<double>>);
template double subspace_overlap(In<Mat<float>>, In<Mat<float>>);
template double subspace_overlap(In<Mat<double>>, In<Mat<double>>);

}  // namespace dualtape::curvature
