#pragma once
// Known eigenpairs taken out of a matrix, so that estimators spend their probes on the rest.

#include "engine/curvature/basis.h"
#include "engine/curvature/lanczos.h"
#include "engine/curvature/operator.h"

namespace dualtape::curvature {

// Eigenvalues and orthonormal eigenvectors, P x values.size(); none by default.
template <class Scalar>
struct Deflation {
    Vec<double> values;
    Mat<Scalar> vectors;
};

// The converged pairs of a solve, from both ends.
template <class Scalar>
Deflation<Scalar> converged_pairs(const Eigenpairs<Scalar>& pairs);

// (I - VV') A (I - VV'), V the vectors of a deflation: zero on their span, A on its complement when
// they are eigenvectors. Columns are projected one by one, so their bits do not depend on the width
// of a block. Cost: 16 P flops per vector and column beside the product. A must outlive it.
// Throws std::invalid_argument when V has not P rows, not one column a value, more than P - 1
// columns, or columns that are not orthonormal to sqrt(u).
template <class Scalar>
class DeflatedOperator final : public Operator<Scalar> {
  public:
    DeflatedOperator(const Operator<Scalar>& matrix, const Deflation<Scalar>& deflation,
                     int threads);
    Index rows() const override { return matrix_.rows(); }
    Index dimension() const { return rows() - vectors_.size(); }  // of the complement
    // v <- (I - VV') v
    void project(Out<Mat<Scalar>> v) const;

  private:
    void multiply(In<Mat<Scalar>> v, Out<Mat<Scalar>> av) const override;
    Vec<double> quadratic_form(In<Mat<Scalar>> v) const override;

    const Operator<Scalar>& matrix_;
    Basis<Scalar> vectors_;
    int threads_;
};

extern template class DeflatedOperator<float>;
extern template class DeflatedOperator<double>;

}  // namespace dualtape::curvature
