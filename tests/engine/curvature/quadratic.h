#pragma once
// A quadratic loss, whose sharpness measures have closed forms.

#include "engine/core/types.h"

namespace dualtape::tests {

// L(x) = x'H x / 2 + b'x + c
struct Quadratic {
    Mat<double> h;
    Vec<double> b;
    double c = 0;

    template <class Scalar>
    double value(In<Vec<Scalar>> x) const {
        const Vec<double> y = x.template cast<double>();
        return 0.5 * y.dot(h * y) + b.dot(y) + c;
    }
    template <class Scalar>
    double gradient(In<Vec<Scalar>> x, Out<Vec<Scalar>> g) const {
        g = (h * x.template cast<double>() + b).template cast<Scalar>();
        return value<Scalar>(x);
    }
    Vec<double> gradient(const Vec<double>& x) const { return h * x + b; }
};

}  // namespace dualtape::tests
