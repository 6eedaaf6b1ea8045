#pragma once
// The curvature matrices of a point as operators: Hessian, Gauss-Newton, three Fishers, residual.

#include <string>
#include <vector>

#include "engine/core/point.h"
#include "engine/curvature/operator.h"

namespace dualtape::curvature {

// With J the Jacobian of the network output f, w_c the weights of the loss columns (1 / columns
// unless given) and g_c the gradient of the loss of one column, a sample or one of its positions:
//   hessian           H, second derivatives of the loss. Indefinite
//   gauss_newton      G = J' (d2 loss / df2) J. Semidefinite; G = H where f is linear in theta
//   fisher            sum of w_c E[g_c g_c'] over labels drawn from the model, exactly. The same
//                     matrix as G for cross_entropy, and for squared_error as a Gaussian
//   fisher_sampled    the same with one drawn label per loss column (Options::seed): unbiased, its
//                     error falls as S^-1/2 with S draws; see repeat_samples in subsets.h
//   fisher_empirical  sum of w_c g_c g_c' with the observed labels; its mean over labels drawn from
//                     the model is `fisher`. No approximation of the others where they are not: it
//                     vanishes at a perfect fit
//   residual          H - G = sum over outputs of (d loss / df) d2f. What Gauss-Newton leaves out
enum class CurvatureMatrix {
    hessian,
    gauss_newton,
    fisher,
    fisher_sampled,
    fisher_empirical,
    residual
};

// Without negative eigenvalues, for the losses of the engine: all but hessian and residual.
bool is_semidefinite(CurvatureMatrix matrix);

// The words of options and tables: hessian, ggn, fisher, fisher-mc, empirical, residual.
const char* text(CurvatureMatrix matrix);
// Throws std::invalid_argument for any other word, naming all of these.
CurvatureMatrix curvature_matrix(const std::string& word);
std::vector<std::string> curvature_matrix_words();

// Products with a matrix of the point, which must not become stale meanwhile. Cost per column in
// gradients: Hessian 2, Gauss-Newton and Fishers 4/3, residual 10/3. Weight decay is not part of
// it: wrap it in a ShiftedOperator. The engine's products are the same for any width of a block,
// so a single vector is a block of one column. Throws as Point's products do.
template <class Scalar>
class PointOperator final : public Operator<Scalar> {
  public:
    explicit PointOperator(const Point<Scalar>& point,
                           CurvatureMatrix matrix = CurvatureMatrix::hessian)
        : point_(point), matrix_(matrix) {}
    Index rows() const override { return point_.size(); }

  private:
    void multiply(In<Mat<Scalar>> v, Out<Mat<Scalar>> av) const override;
    // Without a sweep down: half the price of a product.
    Vec<double> quadratic_form(In<Mat<Scalar>> v) const override;

    Point<Scalar> point_;
    CurvatureMatrix matrix_;
    mutable Mat<Scalar> gauss_newton_;  // of the residual: G V
};

extern template class PointOperator<float>;
extern template class PointOperator<double>;

}  // namespace dualtape::curvature
