#pragma once
// A principal submatrix of an operator: the curvature of one layer, one neuron or any index set.

#include <utility>

#include "engine/curvature/index_set.h"
#include "engine/curvature/operator.h"

namespace dualtape::curvature {

// S A S', with S the |S| x P matrix that picks the rows of an index set. Its vectors have |S|
// entries, so solvers work unchanged; extend() gives them their P entries back. A product costs
// one of A, a quadratic form one of A. A must outlive it. One solve at a time: it holds scratch
// memory of two P x k blocks.
template <class Scalar>
class RestrictedOperator final : public Operator<Scalar> {
  public:
    // Throws std::invalid_argument as check_indices does.
    RestrictedOperator(const Operator<Scalar>& matrix, IndexSet indices)
        : matrix_(matrix), indices_(std::move(indices)) {
        check_indices(indices_, matrix_.rows(), "restricted operator");
    }
    Index rows() const override { return static_cast<Index>(indices_.size()); }
    const IndexSet& indices() const { return indices_; }

    // S'v, P x k: zero outside the set.
    Mat<Scalar> extend(In<Mat<Scalar>> v) const {
        Mat<Scalar> wide = Mat<Scalar>::Zero(matrix_.rows(), v.cols());
        wide(indices_, Eigen::all) = v;
        return wide;
    }
    // S v, |S| x k: the rows of the set.
    Mat<Scalar> reduce(In<Mat<Scalar>> v) const { return v(indices_, Eigen::all); }

  private:
    void multiply(In<Mat<Scalar>> v, Out<Mat<Scalar>> av) const override {
        if (wide_.cols() != v.cols()) wide_.setZero(matrix_.rows(), v.cols());
        product_.resize(matrix_.rows(), v.cols());
        wide_(indices_, Eigen::all) = v;
        matrix_.apply(wide_, product_);
        av = product_(indices_, Eigen::all);
    }
    Vec<double> quadratic_form(In<Mat<Scalar>> v) const override {
        return matrix_.quadratic(extend(v));
    }
    const Operator<Scalar>& matrix_;
    IndexSet indices_;
    mutable Mat<Scalar> wide_, product_;
};

}  // namespace dualtape::curvature
