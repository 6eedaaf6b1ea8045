#pragma once
// Softmax of every column, and the exponentials behind it.

#include "engine/kernels/elementary.h"

namespace dualtape::kernels {

// The largest real part among the rows of one column.
template <class Scalar>
Index argmax(const Scalar* column, Index rows) {
    Index best = 0;
    for (Index j = 1; j < rows; ++j) {
        if (std::real(column[j]) > std::real(column[best])) best = j;
    }
    return best;
}

// y = exp(x - max of the column): rows x columns, without gaps; y may be x.
template <class Scalar>
void shifted_exp(Scalar* y, const Scalar* x, Index rows, Index columns) {
    for (Index c = 0; c < columns; ++c) {
        const Scalar* from = x + c * rows;
        Scalar* to = y + c * rows;
        const Scalar largest = rows > 0 ? from[argmax(from, rows)] : Scalar(0);
        for (Index j = 0; j < rows; ++j) to[j] = from[j] - largest;
    }
    exp(y, y, rows * columns);
}

// y = softmax(x) of every column; y may be x.
template <class Scalar>
void softmax(Scalar* y, const Scalar* x, Index rows, Index columns) {
    shifted_exp(y, x, rows, columns);
    for (Index c = 0; c < columns; ++c) {
        Scalar* column = y + c * rows;
        Wide<Scalar> sum(0);
        for (Index j = 0; j < rows; ++j) sum += Wide<Scalar>(column[j]);
        const Scalar share(Wide<Scalar>(1) / sum);
        for (Index j = 0; j < rows; ++j) column[j] *= share;
    }
}

}  // namespace dualtape::kernels
