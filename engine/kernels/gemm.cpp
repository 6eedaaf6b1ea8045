#include "engine/kernels/gemm.h"

#include <algorithm>

#include "engine/core/check.h"

namespace dualtape::kernels {

namespace {

// Eigen packs all rows of A that one block of it covers; panels of this many rows bound them. A
// last row alone joins the panel before it: one row would be multiplied another way.
constexpr Index kPanelRows = 512;

Index panel_rows(Index rows_left) { return rows_left <= kPanelRows + 1 ? rows_left : kPanelRows; }

template <class Scalar>
std::size_t aligned_bytes(Index rows, Index cols) {
    return (static_cast<std::size_t>(rows * cols) * sizeof(Scalar) + 63) / 64 * 64;
}

// Eigen's sizes of the blocks that it packs, and where it packs them. Left to itself it takes the
// stack, which may be small, or the heap at every call.
template <class Scalar>
class Blocks : public Eigen::internal::level3_blocking<Scalar, Scalar> {
  public:
    Blocks(Index rows, Index cols, Index depth, std::span<std::byte> packing) {
        this->m_mc = rows;
        this->m_nc = cols;
        this->m_kc = depth;
        Eigen::internal::computeProductBlockingSizes<Scalar, Scalar>(this->m_kc, this->m_mc,
                                                                     this->m_nc);
        const std::size_t bytes_of_a = aligned_bytes<Scalar>(this->m_mc, this->m_kc);
        const std::size_t bytes = bytes_of_a + aligned_bytes<Scalar>(this->m_kc, this->m_nc);
        if (bytes > packing.size()) return;
        this->m_blockA = reinterpret_cast<Scalar*>(packing.data());
        this->m_blockB = reinterpret_cast<Scalar*>(packing.data() + bytes_of_a);
    }
};

template <class Scalar>
Eigen::Map<const Mat<Scalar>> view(const Operand<Scalar>& a) {
    return {a.data, a.rows, a.cols};
}

// c = or += A B element by element, which is faster than packing for the smallest.
template <class Scalar, class A, class B>
void multiply_elements(Eigen::Map<Mat<Scalar>>& c, const A& a, const B& b, bool accumulate) {
    using namespace Eigen::internal;
    if (accumulate) {
        call_restricted_packet_assignment_no_alias(c, a.lazyProduct(b),
                                                   add_assign_op<Scalar, Scalar>());
    } else {
        call_restricted_packet_assignment_no_alias(c, a.lazyProduct(b),
                                                   assign_op<Scalar, Scalar>());
    }
}

template <class Scalar>
void multiply_small(Eigen::Map<Mat<Scalar>>& c, const Operand<Scalar>& a, const Operand<Scalar>& b,
                    bool accumulate) {
    const auto with_a = [&](const auto& left) {
        if (b.transposed) {
            multiply_elements<Scalar>(c, left, view(b).transpose(), accumulate);
        } else {
            multiply_elements<Scalar>(c, left, view(b), accumulate);
        }
    };
    if (a.transposed) {
        with_a(view(a).transpose());
    } else {
        with_a(view(a));
    }
}

template <class Target, class Expression>
void assign_or_add(Target c, const Expression& product, bool accumulate) {
    if (accumulate) {
        c.noalias() += product;
    } else {
        c.noalias() = product;
    }
}

// c = or += A x for vectors; no temporaries, as both are without gaps.
template <class Scalar>
void multiply_vector(Scalar* c, const Operand<Scalar>& a, const Scalar* x, bool accumulate) {
    using Vector = Eigen::Map<const Vec<Scalar>>;
    if (a.transposed) {
        assign_or_add(Eigen::Map<Vec<Scalar>>(c, a.cols), view(a).transpose() * Vector(x, a.rows),
                      accumulate);
    } else {
        assign_or_add(Eigen::Map<Vec<Scalar>>(c, a.rows), view(a) * Vector(x, a.cols), accumulate);
    }
}

// c += A B, panel by panel.
template <bool kIsATransposed, bool kIsBTransposed, class Scalar>
void add_product(Scalar* c, Index rows, Index cols, Index depth, const Operand<Scalar>& a,
                 const Operand<Scalar>& b, std::span<std::byte> packing) {
    using Product = Eigen::internal::general_matrix_matrix_product<
        Index, Scalar, kIsATransposed ? Eigen::RowMajor : Eigen::ColMajor, false, Scalar,
        kIsBTransposed ? Eigen::RowMajor : Eigen::ColMajor, false, Eigen::ColMajor, 1>;
    for (Index first = 0; first < rows;) {
        const Index count = panel_rows(rows - first);
        Blocks<Scalar> blocks(count, cols, depth, packing);
        Product::run(count, cols, depth, a.data + first * (kIsATransposed ? a.rows : 1), a.rows,
                     b.data, b.rows, c + first, 1, rows, Scalar(1), blocks, nullptr);
        first += count;
    }
}

}  // namespace

template <class Scalar>
std::size_t packing_bytes() {
    // With every size beyond the caches; narrower blocks of B are at most 8 columns larger.
    constexpr Index kHuge = Index{1} << 24;
    const Blocks<Scalar> blocks(kPanelRows + 1, kHuge, kHuge, {});
    return aligned_bytes<Scalar>(kPanelRows + 1, blocks.kc()) +
           aligned_bytes<Scalar>(blocks.kc(), blocks.nc() + 8);
}

template <class Scalar>
void gemm(Scalar* c, Operand<Scalar> a, Operand<Scalar> b, bool accumulate,
          std::span<std::byte> packing) {
    const Index rows = a.transposed ? a.cols : a.rows;
    const Index cols = b.transposed ? b.rows : b.cols;
    const Index depth = a.transposed ? a.rows : a.cols;
    DUALTAPE_DCHECK(depth, ==, (b.transposed ? b.cols : b.rows));
    Eigen::Map<Mat<Scalar>> target(c, rows, cols);
    if (rows == 0 || cols == 0 || depth == 0) {
        if (!accumulate) target.setZero();
    } else if (rows + cols + depth < EIGEN_GEMM_TO_COEFFBASED_THRESHOLD) {
        multiply_small(target, a, b, accumulate);
    } else if (cols == 1) {
        multiply_vector(c, a, b.data, accumulate);
    } else if (rows == 1) {
        multiply_vector(c, {b.data, b.rows, b.cols, !b.transposed}, a.data, accumulate);
    } else {
        if (!accumulate) target.setZero();
        const auto add = a.transposed ? (b.transposed ? add_product<true, true, Scalar>
                                                      : add_product<true, false, Scalar>)
                                      : (b.transposed ? add_product<false, true, Scalar>
                                                      : add_product<false, false, Scalar>);
        add(c, rows, cols, depth, a, b, packing);
    }
}

#define DUALTAPE_GEMM(Scalar)                                                   \
    template std::size_t packing_bytes<Scalar>();                               \
    template void gemm<Scalar>(Scalar*, Operand<Scalar>, Operand<Scalar>, bool, \
                               std::span<std::byte>);
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_GEMM)

}  // namespace dualtape::kernels
