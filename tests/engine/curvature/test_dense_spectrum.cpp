#include "engine/curvature/dense_spectrum.h"

#include <limits>

#include <doctest/doctest.h>

#include "engine/kernels/random.h"
#include "tests/engine/curvature/spectra.h"

namespace dualtape::curvature {

// With repeated eigenvalues the library's iteration fails for some of these, others for each
// compiler and instruction set.
TEST_CASE("eigenvalues ascend and fit their vectors, repeated ones too, in two thousand matrices") {
    double worst = 0;
    bool is_ascending = true;
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        kernels::Stream stream(seed, "data");
        const Index n = 2 + static_cast<Index>(stream.below(50));
        Vec<double> values(n);
        for (Index i = 0; i < n; ++i) values[i] = stream.normal<double>();
        const Index copies = std::min<Index>(n, 2 + static_cast<Index>(stream.below(6)));
        values.head(copies).setConstant(3);
        const Mat<double> a = tests::with_spectrum(values, seed);
        const DenseSpectrum found = dense_spectrum(a);
        for (Index i = 1; i < n; ++i) is_ascending &= found.values[i - 1] <= found.values[i];
        const Mat<double> rest = a * found.vectors - found.vectors * found.values.asDiagonal();
        worst = std::max(worst, rest.norm() / a.norm());
        const Vec<double> alone = dense_eigenvalues(a);
        worst = std::max(worst, (alone - found.values).norm() / a.norm());
    }
    CHECK(is_ascending);
    CHECK(worst < 1e-13);
}

TEST_CASE("only the lower triangle is read; what is not finite stays so") {
    Mat<double> a(2, 2);
    a << 2, 1e9, 1, 2;
    const DenseSpectrum found = dense_spectrum(a);
    CHECK(found.values[0] == doctest::Approx(1).epsilon(1e-15));
    CHECK(found.values[1] == doctest::Approx(3).epsilon(1e-15));
    a(0, 0) = std::numeric_limits<double>::quiet_NaN();
    CHECK_FALSE(dense_spectrum(a).values.allFinite());
}

}  // namespace dualtape::curvature
