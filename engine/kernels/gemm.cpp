#include "engine/kernels/gemm.h"

#include <algorithm>

#include "engine/core/check.h"

namespace dualtape::kernels {

namespace {

// Eigen chooses its block sizes, and with them the order of its sums, by the cache sizes it finds.
// Fixed sizes (L1 32 KiB, L2 512 KiB, L3 4 MiB) give the same bits on every machine of one
// instruction set, and keep the packing buffers below EIGEN_STACK_ALLOCATION_LIMIT.
// They are set before main: later, products of other threads would read them at the same time.
[[maybe_unused]] const bool is_fixed = [] {
    Eigen::setCpuCacheSizes(32 << 10, 512 << 10, 4 << 20);
    return true;
}();

// Eigen packs up to all rows of A at once, and goes to the heap when they do not fit on the stack.
// Panels of this many rows fit for every scalar.
constexpr Index kPanelRows = 512;

template <class Scalar, class A, class B>
void assign_or_add(Eigen::Map<Mat<Scalar>> c, const A& a, const B& b, bool accumulate) {
    for (Index first = 0; first < c.rows(); first += kPanelRows) {
        const Index count = std::min(kPanelRows, c.rows() - first);
        if (accumulate) {
            c.middleRows(first, count).noalias() += a.middleRows(first, count) * b;
        } else {
            c.middleRows(first, count).noalias() = a.middleRows(first, count) * b;
        }
    }
}

}  // namespace

template <class Scalar>
void gemm(Scalar* c, Operand<Scalar> a, Operand<Scalar> b, bool accumulate) {
    using View = Eigen::Map<const Mat<Scalar>>;
    const View a_view(a.data, a.rows, a.cols);
    const View b_view(b.data, b.rows, b.cols);
    const Index rows = a.transposed ? a.cols : a.rows;
    const Index cols = b.transposed ? b.rows : b.cols;
    DUALTAPE_DCHECK((a.transposed ? a.rows : a.cols), ==, (b.transposed ? b.cols : b.rows));
    const Eigen::Map<Mat<Scalar>> c_view(c, rows, cols);
    if (a.transposed && b.transposed) {
        assign_or_add<Scalar>(c_view, a_view.transpose(), b_view.transpose(), accumulate);
    } else if (a.transposed) {
        assign_or_add<Scalar>(c_view, a_view.transpose(), b_view, accumulate);
    } else if (b.transposed) {
        assign_or_add<Scalar>(c_view, a_view, b_view.transpose(), accumulate);
    } else {
        assign_or_add<Scalar>(c_view, a_view, b_view, accumulate);
    }
}

#define DUALTAPE_GEMM(Scalar) \
    template void gemm<Scalar>(Scalar*, Operand<Scalar>, Operand<Scalar>, bool);
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_GEMM)

}  // namespace dualtape::kernels
