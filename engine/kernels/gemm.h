#pragma once
// Matrix products on raw column-major views: the only place in the engine that multiplies matrices.

#include <vector>

#include "engine/core/types.h"

namespace dualtape::kernels {

// A stored matrix of rows x cols without gaps between columns, used as it is or transposed.
template <class Scalar>
struct Operand {
    const Scalar* data;
    Index rows;
    Index cols;
    bool transposed = false;
};

// One product as it was called: C (rows x cols) = or += A B, inner size depth. What a benchmark
// needs to repeat the bare product, and what counts flops: 2 * rows * cols * depth.
struct GemmCall {
    Index rows, cols, depth;
    bool a_transposed, b_transposed, accumulate;
};

// C = A B, or C += A B with accumulate; C is a.rows x b.cols after transposition, without gaps,
// and overlaps neither operand. Single-threaded, allocates nothing on the heap. The bits depend
// on the shapes alone: cache sizes are fixed here, not detected.
template <class Scalar>
void gemm(Scalar* c, Operand<Scalar> a, Operand<Scalar> b, bool accumulate);

}  // namespace dualtape::kernels
