#pragma once
// Matrix-free symmetric operators: what the eigensolvers and estimators of this folder multiply by.

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/core/types.h"

namespace dualtape::curvature {

// A symmetric P x P matrix known by its products. Derive and write `multiply`, e.g.
//
//   class Diagonal final : public Operator<double> {
//     public:
//       explicit Diagonal(Vec<double> d) : d_(std::move(d)) {}
//       Index rows() const override { return d_.size(); }
//     private:
//       void multiply(In<Mat<double>> v, Out<Mat<double>> av) const override {
//           av = d_.asDiagonal() * v;
//       }
//       Vec<double> d_;
//   };
//
// perform_op, rows and cols have the shape that Spectra asks of an operator, so any Operator can be
// handed to its solvers unchanged.
template <class ScalarType>
class Operator {
  public:
    using Scalar = ScalarType;

    virtual ~Operator() = default;
    virtual Index rows() const = 0;
    Index cols() const { return rows(); }

    // av = A v for a block of columns. Throws std::invalid_argument on wrong shapes.
    void apply(In<Mat<Scalar>> v, Out<Mat<Scalar>> av) const {
        if (v.rows() != rows() || av.rows() != rows() || av.cols() != v.cols()) refuse(v);
        products_ += v.cols();
        multiply(v, av);
    }
    // v'Av of every column. Costs a product each, or less where the operator knows a cheaper way.
    // Throws std::invalid_argument on wrong shapes.
    Vec<double> quadratic(In<Mat<Scalar>> v) const {
        if (v.rows() != rows()) refuse(v);
        quadratics_ += v.cols();
        return quadratic_form(v);
    }
    void perform_op(const Scalar* x, Scalar* y) const {
        apply(Eigen::Map<const Mat<Scalar>>(x, rows(), 1), Eigen::Map<Mat<Scalar>>(y, rows(), 1));
    }
    // Columns multiplied, and quadratic forms taken, so far. Forms do not count as products.
    Index products() const { return products_; }
    Index quadratics() const { return quadratics_; }

  private:
    virtual void multiply(In<Mat<Scalar>> v, Out<Mat<Scalar>> av) const = 0;
    // Override where v'Av costs less than A v.
    virtual Vec<double> quadratic_form(In<Mat<Scalar>> v) const {
        Mat<Scalar> av(v.rows(), v.cols());
        multiply(v, av);
        return v.template cast<double>()
            .cwiseProduct(av.template cast<double>())
            .colwise()
            .sum()
            .transpose();
    }

    [[noreturn]] void refuse(In<Mat<Scalar>> v) const {
        throw std::invalid_argument("operator: a block of " + std::to_string(v.rows()) + "x" +
                                    std::to_string(v.cols()) + " for a matrix of " +
                                    std::to_string(rows()) + " rows");
    }

    mutable Index products_ = 0;
    mutable Index quadratics_ = 0;
};

// A matrix given by its entries.
template <class Scalar>
class DenseOperator final : public Operator<Scalar> {
  public:
    explicit DenseOperator(Mat<Scalar> matrix) : matrix_(std::move(matrix)) {}
    Index rows() const override { return matrix_.rows(); }

  private:
    void multiply(In<Mat<Scalar>> v, Out<Mat<Scalar>> av) const override {
        av.noalias() = matrix_ * v;
    }
    Mat<Scalar> matrix_;
};

// A matrix given by a function that multiplies a block.
template <class Scalar>
class FunctionOperator final : public Operator<Scalar> {
  public:
    using Function = std::function<void(In<Mat<Scalar>>, Out<Mat<Scalar>>)>;
    FunctionOperator(Index rows, Function function) : rows_(rows), function_(std::move(function)) {}
    Index rows() const override { return rows_; }

  private:
    void multiply(In<Mat<Scalar>> v, Out<Mat<Scalar>> av) const override { function_(v, av); }
    Index rows_;
    Function function_;
};

// A + shift * I: weight decay, damping, or the shift of a power iteration. A must outlive it.
template <class Scalar>
class ShiftedOperator final : public Operator<Scalar> {
  public:
    ShiftedOperator(const Operator<Scalar>& matrix, Scalar shift)
        : matrix_(matrix), shift_(shift) {}
    Index rows() const override { return matrix_.rows(); }

  private:
    void multiply(In<Mat<Scalar>> v, Out<Mat<Scalar>> av) const override {
        matrix_.apply(v, av);
        av += shift_ * v;
    }
    Vec<double> quadratic_form(In<Mat<Scalar>> v) const override {
        return matrix_.quadratic(v) +
               static_cast<double>(shift_) *
                   v.template cast<double>().colwise().squaredNorm().transpose();
    }
    const Operator<Scalar>& matrix_;
    Scalar shift_;
};

}  // namespace dualtape::curvature
