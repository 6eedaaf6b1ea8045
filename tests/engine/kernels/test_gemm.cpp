// Matrix products against plain loops, in all transpositions and at awkward sizes.

#include <doctest/doctest.h>

#include "engine/kernels/gemm.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::testing;

namespace {

// C = or += op(A) op(B), and the error of the kernel relative to the sum of |a b|.
template <class Scalar>
double product_error(Index rows, Index cols, Index depth, bool a_transposed, bool b_transposed,
                     bool accumulate) {
    const auto draw = [](Index r, Index c, std::uint64_t seed) -> Mat<Scalar> {
        return uniform_matrix(r, c, seed).template cast<Scalar>();
    };
    const Mat<Scalar> a = a_transposed ? draw(depth, rows, 1) : draw(rows, depth, 1);
    const Mat<Scalar> b = b_transposed ? draw(cols, depth, 2) : draw(depth, cols, 2);
    const Mat<Scalar> before = draw(rows, cols, 3);
    Mat<Scalar> c = before;
    if (!accumulate) c.setConstant(static_cast<Scalar>(std::nan("")));  // is not read
    kernels::gemm<Scalar>(c.data(), {a.data(), a.rows(), a.cols(), a_transposed},
                          {b.data(), b.rows(), b.cols(), b_transposed}, accumulate);
    double worst = 0;
    for (Index i = 0; i < rows; ++i) {
        for (Index j = 0; j < cols; ++j) {
            double sum = accumulate ? static_cast<double>(before(i, j)) : 0, size = std::abs(sum);
            for (Index l = 0; l < depth; ++l) {
                const double term = static_cast<double>(a_transposed ? a(l, i) : a(i, l)) *
                                    static_cast<double>(b_transposed ? b(j, l) : b(l, j));
                sum += term;
                size += std::abs(term);
            }
            const double error = std::abs(static_cast<double>(c(i, j)) - sum);
            worst = std::max(worst, error == 0 ? 0 : error / size);
            if (std::isnan(error)) return HUGE_VAL;
        }
    }
    return worst;
}

}  // namespace

TEST_CASE("products equal plain loops in every transposition, assigned and added") {
    const Index sizes[][3] = {{1, 1, 1},   {3, 5, 7},   {17, 1, 33},  {1, 19, 8},     {33, 31, 29},
                              {64, 16, 2}, {2, 64, 64}, {65, 97, 50}, {128, 40, 130}, {5, 0, 4},
                              {0, 3, 4},   {4, 3, 0},   {8, 8, 1}};
    for (const auto& row : sizes) {
        const auto rows = row[0];
        const auto cols = row[1];
        const auto depth = row[2];
        for (int form = 0; form < 8; ++form) {
            const bool a = (form & 1) != 0, b = (form & 2) != 0, add = (form & 4) != 0;
            INFO(rows, "x", cols, ", depth ", depth, ", A' ", a, ", B' ", b, ", added ", add);
            CHECK(product_error<double>(rows, cols, depth, a, b, add) < 1e-15);
            CHECK(product_error<float>(rows, cols, depth, a, b, add) < 1e-6);
        }
    }
}

TEST_CASE("the bits of a product do not depend on where its operands lie") {
    const Index n = 37, k = 53, m = 29;
    const Mat<float> a = uniform_matrix(n, k, 1).cast<float>();
    const Mat<float> b = uniform_matrix(k, m, 2).cast<float>();
    Mat<float> expected(n, m);
    kernels::gemm<float>(expected.data(), {a.data(), n, k, false}, {b.data(), k, m, false}, false);
    std::vector<float> memory(static_cast<std::size_t>(n * k + k * m + n * m + 100));
    for (Index offset = 0; offset < 8; ++offset) {
        float* pa = memory.data() + offset;
        float* pb = pa + n * k + (offset * 3) % 8;
        float* pc = pb + k * m + (offset * 5) % 8;
        std::copy_n(a.data(), a.size(), pa);
        std::copy_n(b.data(), b.size(), pb);
        kernels::gemm<float>(pc, {pa, n, k, false}, {pb, k, m, false}, false);
        CHECK(same_bits(Eigen::Map<const Mat<float>>(pc, n, m), expected));
    }
}
