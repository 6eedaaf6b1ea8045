#pragma once
// A matrix of any size in a unit of its own, so that squares of its numbers stay in range.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "engine/curvature/length.h"
#include "engine/curvature/operator.h"

namespace dualtape::curvature {

// S A S for S = 2^-e I, hence A in the unit 4^e: solvers and estimators of this folder work on it
// and multiply what they find by unit(). The first product that is not zero decides on e: 0 where
// A v has a size between 2^-M/4 and 2^M/4 in that of v, with 2^M the end of the scalar's range
// (1e-77 to 1e77 in double, 2e-10 to 4e9 in float). Beyond, e brings the size near one, or nearer:
// S is kept between 2^-3M/8 and 2^3M/8, so that squares inside a product stay in range as well. As
// S is a power of two, no digit changes. Costs a product of A; the first block, when e is not 0, is
// multiplied twice. A must outlive it. One solve at a time: it holds scratch memory of a P x k
// block.
template <class Scalar>
class NormalisedOperator final : public Operator<Scalar> {
  public:
    explicit NormalisedOperator(const Operator<Scalar>& matrix) : matrix_(matrix) {}
    Index rows() const override { return matrix_.rows(); }
    // A = unit() times this matrix. 1 before the first product.
    double unit() const { return 1 / (scale_ * scale_); }

  private:
    void multiply(In<Mat<Scalar>> v, Out<Mat<Scalar>> av) const override {
        multiply_scaled(v, av);
        if (is_decided_) return;
        const double size = av.allFinite() ? largest_entry(av) / largest_entry(v) : kInfinity;
        if (decides(size)) multiply_scaled(v, av);
    }
    Vec<double> quadratic_form(In<Mat<Scalar>> v) const override {
        const Vec<double> forms = quadratic_scaled(v);
        if (is_decided_) return forms;
        const double largest = largest_entry(v);
        const double size =
            forms.allFinite() ? largest_entry(forms) / largest / largest : kInfinity;
        return decides(size) ? quadratic_scaled(v) : forms;
    }

    void multiply_scaled(In<Mat<Scalar>> v, Out<Mat<Scalar>> av) const {
        if (scale_ == 1) return matrix_.apply(v, av);
        scaled_ = static_cast<Scalar>(scale_) * v;
        matrix_.apply(scaled_, av);
        av *= static_cast<Scalar>(scale_);
    }
    Vec<double> quadratic_scaled(In<Mat<Scalar>> v) const {
        if (scale_ == 1) return matrix_.quadratic(v);
        scaled_ = static_cast<Scalar>(scale_) * v;
        return matrix_.quadratic(scaled_);
    }

    // Is the block that has shown this size to be multiplied again, with another S? Zero says
    // nothing, and is zero in any unit.
    bool decides(double size) const {
        if (!(size > 0)) return false;
        is_decided_ = true;
        constexpr int kRange = std::numeric_limits<Scalar>::max_exponent;
        const int exponent = std::isfinite(size) ? std::ilogb(size) : kRange;
        if (std::abs(exponent) <= kRange / 4) return false;
        scale_ = std::ldexp(1.0, -std::clamp(exponent, -kRange * 3 / 4, kRange * 3 / 4) / 2);
        return true;
    }

    static constexpr double kInfinity = std::numeric_limits<double>::infinity();

    const Operator<Scalar>& matrix_;
    mutable bool is_decided_ = false;
    mutable double scale_ = 1;  // of S
    mutable Mat<Scalar> scaled_;
};

}  // namespace dualtape::curvature
