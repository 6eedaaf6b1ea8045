#pragma once
// An operator in the metric of a preconditioner: the curvature that an adaptive optimiser feels.

#include <cmath>

#include "engine/curvature/operator.h"

namespace dualtape::curvature {

// D^-1/2 A D^-1/2 for a positive diagonal D (P entries). Its eigenvalues are those of D^-1 A, and
// with an eigenvector y the generalised A x = value D x holds for x = D^-1/2 y = unscale(y).
// A product costs one of A, a quadratic form one of A. A must outlive it. One solve at a time: it
// holds scratch memory of a P x k block.
template <class Scalar>
class ScaledOperator final : public Operator<Scalar> {
  public:
    // Throws std::invalid_argument when D has not P entries or one of them is not a positive
    // number.
    ScaledOperator(const Operator<Scalar>& matrix, In<Vec<double>> diagonal)
        : matrix_(matrix), inverse_root_(diagonal.cwiseSqrt().cwiseInverse().cast<Scalar>()) {
        if (diagonal.size() != matrix.rows()) {
            throw std::invalid_argument("scaled operator: a diagonal of " +
                                        std::to_string(diagonal.size()) + " for a matrix of " +
                                        std::to_string(matrix.rows()) + " rows");
        }
        for (Index i = 0; i < diagonal.size(); ++i) {
            if (diagonal[i] > 0 && std::isfinite(diagonal[i])) continue;
            throw std::invalid_argument("scaled operator: entry " + std::to_string(i) +
                                        " of the diagonal is " + std::to_string(diagonal[i]) +
                                        "; it must be a positive number");
        }
    }
    Index rows() const override { return matrix_.rows(); }
    Mat<Scalar> unscale(In<Mat<Scalar>> y) const { return inverse_root_.asDiagonal() * y; }

  private:
    void multiply(In<Mat<Scalar>> v, Out<Mat<Scalar>> av) const override {
        scaled_ = inverse_root_.asDiagonal() * v;
        matrix_.apply(scaled_, av);
        av = inverse_root_.asDiagonal() * av;
    }
    Vec<double> quadratic_form(In<Mat<Scalar>> v) const override {
        return matrix_.quadratic(unscale(v));
    }
    const Operator<Scalar>& matrix_;
    Vec<Scalar> inverse_root_;
    mutable Mat<Scalar> scaled_;
};

}  // namespace dualtape::curvature
