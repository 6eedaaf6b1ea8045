#pragma once
// Matrix products on raw column-major views: the only place in the engine that multiplies matrices.

#include <cstddef>
#include <span>
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

// How much memory the largest product packs its operands into, in bytes; smaller ones need no more
// than both operands take.
template <class Scalar>
std::size_t packing_bytes();

// C = A B, or C += A B with accumulate; C is a.rows x b.cols after transposition, without gaps,
// and overlaps neither operand. Single-threaded. The bits depend on the shapes alone: the build
// fixes the cache sizes that Eigen would detect, as it orders its sums by them.
//   packing  starts at a multiple of 64 bytes; where it is too small, the heap takes its place.
// Little of the stack is used, as a caller's may be small.
template <class Scalar>
void gemm(Scalar* c, Operand<Scalar> a, Operand<Scalar> b, bool accumulate,
          std::span<std::byte> packing = {});

}  // namespace dualtape::kernels
