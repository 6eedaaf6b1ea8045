#pragma once
// Columns of matrices with a stride between them, copied or filled with zeros.

#include <algorithm>

#include "engine/core/types.h"

namespace dualtape {

template <class Scalar>
void copy_columns(const Scalar* from, Index from_stride, Scalar* to, Index to_stride, Index rows,
                  Index columns) {
    for (Index c = 0; c < columns; ++c) {
        std::copy_n(from + c * from_stride, rows, to + c * to_stride);
    }
}

template <class Scalar>
void zero_columns(Scalar* to, Index stride, Index rows, Index columns) {
    for (Index c = 0; c < columns; ++c) std::fill_n(to + c * stride, rows, Scalar(0));
}

}  // namespace dualtape
