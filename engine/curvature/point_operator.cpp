#include "engine/curvature/point_operator.h"

#include <iterator>
#include <stdexcept>

namespace dualtape::curvature {

namespace {

// In the order of the enumerators.
constexpr const char* kWords[] = {"hessian", "ggn", "fisher", "fisher-mc", "empirical", "residual"};

}  // namespace

bool is_semidefinite(CurvatureMatrix matrix) {
    return matrix != CurvatureMatrix::hessian && matrix != CurvatureMatrix::residual;
}

const char* text(CurvatureMatrix matrix) { return kWords[static_cast<std::size_t>(matrix)]; }

CurvatureMatrix curvature_matrix(const std::string& word) {
    std::string known;
    for (std::size_t i = 0; i < std::size(kWords); ++i) {
        if (word == kWords[i]) return static_cast<CurvatureMatrix>(i);
        known += (i == 0 ? "" : ", ") + std::string(kWords[i]);
    }
    throw std::invalid_argument("the curvature matrix \"" + word + "\" is unknown; choose one of " +
                                known);
}

std::vector<std::string> curvature_matrix_words() { return {std::begin(kWords), std::end(kWords)}; }

template <class Scalar>
void PointOperator<Scalar>::multiply(In<Mat<Scalar>> v, Out<Mat<Scalar>> av) const {
    switch (matrix_) {
        case CurvatureMatrix::hessian:
            return point_.hessian(v, av);
        case CurvatureMatrix::gauss_newton:
            return point_.gauss_newton(v, av);
        case CurvatureMatrix::fisher:
            return point_.fisher(Fisher::exact, v, av);
        case CurvatureMatrix::fisher_sampled:
            return point_.fisher(Fisher::sampled, v, av);
        case CurvatureMatrix::fisher_empirical:
            return point_.fisher(Fisher::empirical, v, av);
        case CurvatureMatrix::residual:
            gauss_newton_.resize(v.rows(), v.cols());
            point_.gauss_newton(v, gauss_newton_);
            point_.hessian(v, av);
            av -= gauss_newton_;
    }
}

template <class Scalar>
Vec<double> PointOperator<Scalar>::quadratic_form(In<Mat<Scalar>> v) const {
    switch (matrix_) {
        case CurvatureMatrix::hessian:
            return point_.curvature(v);
        case CurvatureMatrix::gauss_newton:
        case CurvatureMatrix::fisher:
            return point_.gauss_newton_curvature(v);
        case CurvatureMatrix::residual:
            return point_.curvature(v) - point_.gauss_newton_curvature(v);
        case CurvatureMatrix::fisher_sampled:
        case CurvatureMatrix::fisher_empirical:
            break;
    }
    Mat<Scalar> av(v.rows(), v.cols());
    multiply(v, av);
    return (v.template cast<double>().array() * av.template cast<double>().array())
        .colwise()
        .sum()
        .transpose();
}

template class PointOperator<float>;
template class PointOperator<double>;

}  // namespace dualtape::curvature
