#pragma once
// The Hessian and the Gauss-Newton matrix of a point as operators for eigensolvers.

#include "engine/core/point.h"
#include "engine/curvature/operator.h"

namespace dualtape::curvature {

enum class CurvatureMatrix { hessian, gauss_newton };

// Products with a matrix of the point, which must not become stale meanwhile. Two gradients per
// column for the Hessian, four thirds of one for Gauss-Newton. Weight decay is not part of it: wrap
// it in a ShiftedOperator. The engine's products are the same for any width of a block, so a
// single vector is a block of one column.
template <class Scalar>
class PointOperator final : public Operator<Scalar> {
  public:
    explicit PointOperator(const Point<Scalar>& point,
                           CurvatureMatrix matrix = CurvatureMatrix::hessian)
        : point_(point), matrix_(matrix) {}
    Index rows() const override { return point_.size(); }

  private:
    void multiply(In<Mat<Scalar>> v, Out<Mat<Scalar>> av) const override {
        if (matrix_ == CurvatureMatrix::hessian) {
            point_.hessian(v, av);
        } else {
            point_.gauss_newton(v, av);
        }
    }
    Point<Scalar> point_;
    CurvatureMatrix matrix_;
};

}  // namespace dualtape::curvature
