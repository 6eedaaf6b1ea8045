// What a solve states of its pairs, against the dense spectrum: digits, signs, completeness.

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "engine/curvature/bounds.h"
#include "engine/curvature/dense_spectrum.h"
#include "engine/curvature/lanczos.h"
#include "tests/engine/curvature/spectra.h"

using namespace dualtape;
using namespace dualtape::curvature;
using dualtape::tests::diagonal_operator;
using dualtape::tests::network_like_values;
using dualtape::tests::with_spectrum;

namespace {

// Indefinite spectra that are hard to state anything of, by kind.
Vec<double> hard_values(Index n, std::uint64_t kind, kernels::Stream& stream) {
    Vec<double> values(n);
    for (Index i = 0; i < n; ++i) values[i] = stream.normal<double>();
    switch (kind) {
        case 0:  // clusters of three, far closer than two digits
            for (Index i = 0; i + 2 < n; i += 3) {
                values[i + 1] = values[i] * (1 + 1e-4);
                values[i + 2] = values[i] * (1 - 1e-4);
            }
            break;
        case 1:  // sixfold values at both ends
            values.head(6).setConstant(4);
            values.tail(6).setConstant(-4);
            break;
        case 2:  // tiny values beside huge ones
            for (Index i = 0; i < n; ++i) values[i] *= std::pow(10, -9 * stream.uniform<double>());
            values[0] = 1e6;
            break;
        case 3:  // a network: outliers, and a dense lower end just below zero
            for (Index i = 0; i < n; ++i) {
                const double u = stream.uniform<double>();
                values[i] = i < 8       ? 50 * std::pow(0.7, static_cast<double>(i))
                            : i < n / 3 ? -1e-3 * u
                                        : 0.5 * u * u * u * u;
            }
            break;
        case 4:  // low rank and semidefinite
            values = values.cwiseAbs();
            values.tail(n - n / 4).setZero();
            break;
        default:  // clusters at the edge of two digits
            for (Index i = 0; i + 3 < n; i += 4) {
                for (const Index j : {1, 2, 3}) {
                    values[i + j] = values[i] * (1 + 4e-3 * static_cast<double>(j));
                }
            }
    }
    return values;
}

constexpr std::uint64_t kKinds = 6;

}  // namespace

TEST_CASE("digits are certain up to half a unit of the relative error") {
    CHECK(certain_digits(2, 0.01) == 2);
    CHECK(certain_digits(-2, 0.0101) == 1);
    CHECK(certain_digits(1, 0.1) == 0);
    CHECK(certain_digits(1, 2) == 0);
    CHECK(certain_digits(0, 0) == 0);
    CHECK(certain_digits(0, 1e-20) == 0);
    CHECK(certain_digits(1e-300, 1e-306) == 5);
    CHECK(certain_digits(3, 0) == 15);
    CHECK(certain_digits(std::nan(""), 1) == 0);
}

TEST_CASE("digits and signs that are stated as certain are those of the dense spectrum") {
    Index stated = 0, signs = 0, pairs = 0;
    int failures = 0;
    for (std::uint64_t seed = 0; seed < 100 * kKinds; ++seed) {
        kernels::Stream stream(seed, "data", 7);
        const Index n = 40 + static_cast<Index>(stream.below(120));
        const Mat<double> dense = with_spectrum(hard_values(n, seed % kKinds, stream), seed);
        const Vec<double> exact = dense_eigenvalues(dense);
        LanczosSettings<double> settings;
        settings.largest = 1 + static_cast<Index>(stream.below(8));
        settings.smallest = 1 + static_cast<Index>(stream.below(8));
        settings.tolerance = std::pow(10, -2 - 4 * stream.uniform<double>());
        settings.floor = seed % 2 == 0 ? 0 : 1;
        settings.basis = 30 + static_cast<Index>(stream.below(40));
        settings.max_products = 20 + static_cast<Index>(stream.below(1000));
        settings.check = seed % 3 == 0 ? CopyCheck::always : CopyCheck::where_repeated;
        settings.seed = seed;
        const Eigenpairs<double> found = lanczos(DenseOperator<double>(dense), settings);
        const auto compare = [&](const std::vector<EigenPair>& end, bool is_top) {
            for (std::size_t i = 0; i < end.size(); ++i) {
                const auto k = static_cast<Index>(i);
                const double value = end[i].value, truth = is_top ? exact[n - 1 - k] : exact[k];
                ++pairs;
                bool holds = true;
                if (end[i].is_sign_certain) {
                    ++signs;
                    holds = (truth > 0) == (value > 0) && truth != 0;
                }
                if (end[i].digits > 0) {
                    ++stated;
                    const double error = 0.5 * std::pow(10.0, -end[i].digits) * std::abs(value);
                    holds &= std::abs(value - truth) <= error;
                }
                if (holds || ++failures > 8) continue;
                MESSAGE("seed " << seed << ", " << (is_top ? "largest " : "smallest ") << i + 1
                                << " of " << n << ": " << value << " with " << end[i].digits
                                << " digits, in truth " << truth << ", residual " << end[i].residual
                                << ", bound " << end[i].bound << ", status "
                                << std::string(text(found.status)));
            }
        };
        compare(found.largest, true);
        compare(found.smallest, false);
    }
    INFO(pairs, " pairs, ", stated, " with digits, ", signs, " with a sign");
    CHECK(failures == 0);
    CHECK(2 * stated > pairs);
    CHECK(2 * signs > pairs);
}

TEST_CASE("a residual that is small beside the largest eigenvalue makes no digit of a small one") {
    Vec<double> values = Vec<double>::LinSpaced(200, -3e-4, 3e-4);
    values.tail(5) << 10, 8, 6, 5, 4;
    LanczosSettings<double> settings;
    settings.largest = settings.smallest = 5;
    settings.tolerance = 1e-3;
    settings.floor = 1;
    const Mat<double> dense = with_spectrum(values, 3);
    const auto found = lanczos(DenseOperator<double>(dense), settings);
    CHECK(found.status == LanczosStatus::converged);  // to the floor that was asked for
    for (const EigenPair& pair : found.largest) CHECK(pair.digits >= 2);
    for (std::size_t i = 0; i < 5; ++i) {
        const EigenPair& pair = found.smallest[i];
        CHECK(pair.digits <= certain_digits(pair.value, pair.bound));
        CHECK(pair.digits < 2);
        // The sign of a negative one is certain all the same.
        CHECK(pair.is_sign_certain == (pair.value < 0));
        CHECK(pair.value >= values[static_cast<Index>(i)] - 1e-12);
    }
    // Without the floor the same pairs are known to the tolerance.
    settings.floor = 0;
    const auto resolved = lanczos(DenseOperator<double>(dense), settings);
    REQUIRE(resolved.status == LanczosStatus::converged);
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(resolved.smallest[i].digits >= 2);
        CHECK(resolved.smallest[i].value ==
              doctest::Approx(values[static_cast<Index>(i)]).epsilon(2e-3));
    }
}

TEST_CASE("copies beyond the width of a block are found, however many, where one was repeated") {
    for (const Index copies : {2, 3, 9, 40}) {
        for (const bool is_low : {false, true}) {
            INFO("copies ", copies, ", low rank ", is_low);
            Vec<double> values(150);
            kernels::Stream(7, "data", 1).fill_normal(values.data(), values.size());
            values *= 0.2;
            if (is_low) values = values.cwiseAbs();
            values.head(copies).setConstant(2);
            if (is_low) values.tail(copies).setZero();
            const Mat<double> dense = with_spectrum(values, 11);
            const Vec<double> exact = dense_eigenvalues(dense);
            LanczosSettings<double> settings;
            settings.largest = settings.smallest = 12;
            settings.tolerance = 1e-6;
            settings.floor = 1e-5;  // of zeros 1e-11, as bases are orthogonal to 1e-12
            settings.check = CopyCheck::where_repeated;
            const auto found = lanczos(DenseOperator<double>(dense), settings);
            CHECK(found.status == LanczosStatus::converged);
            // Halved values lie too close together for the products of a check.
            if (!is_low) CHECK((found.is_largest_complete && found.is_smallest_complete));
            for (Index i = 0; i < 12; ++i) {
                const auto k = static_cast<std::size_t>(i);
                CHECK(std::abs(found.largest[k].value - exact[149 - i]) <= 1e-6);
                CHECK(std::abs(found.smallest[k].value - exact[i]) <= 1e-6);
            }
        }
    }
}

TEST_CASE(
    "an end is complete without a check where no value was seen as often as the block is wide") {
    const Mat<double> dense = with_spectrum(network_like_values(400, 2), 2);
    LanczosSettings<double> settings;
    settings.largest = 5;
    settings.smallest = 2;
    settings.check = CopyCheck::where_repeated;
    const DenseOperator<double> matrix(dense);
    const auto cold = lanczos(matrix, settings);
    CHECK(cold.is_largest_complete);
    CHECK(cold.is_smallest_complete);
    CHECK(cold.check_products == 7);  // of the residuals
    settings.check = CopyCheck::never;
    const auto unchecked = lanczos(matrix, settings);
    CHECK_FALSE(unchecked.is_largest_complete);
    CHECK_FALSE(unchecked.is_smallest_complete);
    CHECK(unchecked.check_products == 7);
    // A warm start may lack what it does not know of.
    settings.check = CopyCheck::where_repeated;
    settings.start = cold.largest_vectors.rightCols(4);
    const auto warm = lanczos(matrix, settings);
    CHECK(warm.check_products > 7);
    CHECK(warm.largest[0].value == doctest::Approx(cold.largest[0].value).epsilon(1e-8));
    // What was not resolved is not complete, whatever the check.
    settings.max_products = 12;
    settings.check = CopyCheck::always;
    CHECK_FALSE(lanczos(matrix, settings).is_smallest_complete);
}

namespace {

// A bulk in [0, width] with these values in front of it.
Vec<double> before_a_bulk(const std::vector<double>& values, Index rows, double width) {
    Vec<double> all(rows);
    kernels::Stream stream(1, "data");
    for (double& value : all) value = width * stream.uniform<double>();
    std::copy(values.begin(), values.end(), all.begin());
    return all;
}

}  // namespace

TEST_CASE("a check that ends early leaves no copy out: an end is complete only if it is") {
    struct Case {
        std::vector<double> values;
        double width;
        Index wanted;
    };
    const Case cases[] = {
        {{20, 20, 20, 10}, 0.1, 3},
        {{20, 20, 20, 20, 10, 10, 8, 8, 7, 7, 6, 6, 5, 5}, 0.1, 10},
        {{20, 20, 20, 20, 10, 10, 10, 10, 8, 8, 7, 7, 6, 6}, 0, 10},  // of low rank
        {{1, 1, 1, 1, 1, 0.999}, 0.9, 5},
    };
    for (const Case& c : cases) {
        for (const CopyCheck copies : {CopyCheck::always, CopyCheck::where_repeated}) {
            for (const std::uint64_t seed : {0, 1, 2}) {
                INFO(c.values.size(), " values, seed ", seed);
                const Vec<double> values = before_a_bulk(c.values, 5000, c.width);
                LanczosSettings<double> settings;
                settings.largest = c.wanted;
                settings.smallest = 0;
                settings.tolerance = 5e-3;
                settings.basis = 7 * c.wanted;
                settings.check = copies;
                settings.seed = seed;
                const auto found = lanczos(diagonal_operator(values), settings);
                CHECK(found.is_largest_complete);
                for (Index i = 0; i < c.wanted; ++i) {
                    const EigenPair& pair = found.largest[static_cast<std::size_t>(i)];
                    const double exact = c.values[static_cast<std::size_t>(i)];
                    CHECK(pair.digits >= 2);
                    CHECK(std::abs(pair.value - exact) <= exact * std::pow(10, -pair.digits) / 2);
                }
            }
        }
    }
}

TEST_CASE("bounds and digits hold where eigenvalues are closer together than the tolerance") {
    const std::vector<double> clusters[] = {{1.001, 1, 0.999},
                                            {3, 2, 1.5, 1.002, 1.001, 1, 0.999, 0.998, 0.997},
                                            {2, 1.0003, 1, 0.9998}};
    for (const std::vector<double>& cluster : clusters) {
        Vec<double> values = before_a_bulk(cluster, 2000, 0.5);
        Vec<double> falling = -values;
        std::sort(falling.begin(), falling.end());
        falling = -falling;
        for (const Index wanted : {1, 2, 3, 5}) {
            for (const CopyCheck copies : {CopyCheck::always, CopyCheck::where_repeated}) {
                for (std::uint64_t seed = 0; seed < 10; ++seed) {
                    LanczosSettings<double> settings;
                    settings.largest = wanted;
                    settings.smallest = 0;
                    settings.tolerance = 5e-3;
                    settings.basis = 7 * wanted;
                    settings.check = copies;
                    settings.seed = seed;
                    const auto found = lanczos(diagonal_operator(values), settings);
                    for (Index i = 0; i < wanted; ++i) {
                        const EigenPair& pair = found.largest[static_cast<std::size_t>(i)];
                        INFO("of ", cluster.size(), ", ", wanted, " wanted, seed ", seed, ": ",
                             pair.value);
                        CHECK((values.array() - pair.value).abs().minCoeff() <= pair.bound);
                        if (pair.digits == 0) continue;
                        CHECK(std::abs(pair.value - falling[i]) <=
                              std::abs(pair.value) * std::pow(10, -pair.digits) / 2);
                    }
                }
            }
        }
    }
}
