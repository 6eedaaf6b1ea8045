// Eigenpairs against prescribed spectra: copies, bounds, statuses, threads, and Spectra's products.
#include "engine/curvature/lanczos.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <Spectra/SymEigsSolver.h>
#include <doctest/doctest.h>

#include "engine/curvature/dense.h"
#include "engine/curvature/dense_spectrum.h"
#include "tests/engine/curvature/spectra.h"

using namespace dualtape;
using namespace dualtape::curvature;
using dualtape::tests::diagonal_operator;
using dualtape::tests::network_like_values;
using dualtape::tests::with_spectrum;

namespace {

LanczosSettings<double> ends(Index largest, Index smallest) {
    LanczosSettings<double> settings;
    settings.largest = largest;
    settings.smallest = smallest;
    return settings;
}

Vec<double> sorted(Vec<double> values) {
    std::sort(values.begin(), values.end());
    return values;
}

// The worst |value - true value| over all pairs, in units of the reported bound.
double worst_over_bound(const Eigenpairs<double>& found, const Vec<double>& ascending) {
    double worst = 0;
    const Index n = ascending.size();
    for (std::size_t i = 0; i < found.largest.size(); ++i) {
        const double error =
            std::abs(found.largest[i].value - ascending[n - 1 - static_cast<Index>(i)]);
        worst = std::max(worst, error / found.largest[i].bound);
    }
    for (std::size_t i = 0; i < found.smallest.size(); ++i) {
        const double error = std::abs(found.smallest[i].value - ascending[static_cast<Index>(i)]);
        worst = std::max(worst, error / found.smallest[i].bound);
    }
    return worst;
}

}  // namespace

TEST_CASE("every copy of triple eigenvalues and of plus-minus pairs is found") {
    for (const Index block : {1, 2, 4}) {
        Vec<double> values(300);
        for (Index i = 0; i < 300; ++i) values[i] = std::cos(static_cast<double>(i)) * 5;
        values.head(8) << 10, 10, 10, -10, -10, -10, 8, -8;
        const DenseOperator<double> matrix(with_spectrum(values, 3));
        LanczosSettings<double> settings = ends(6, 6);
        settings.block = block;
        const Eigenpairs<double> found = lanczos(matrix, settings);
        INFO("block ", block, ", products ", found.products, ", by the check ",
             found.found_by_check);
        CHECK(found.status == LanczosStatus::converged);
        const Vec<double> ascending = sorted(values);
        for (Index i = 0; i < 6; ++i) {
            const auto at = static_cast<std::size_t>(i);
            CHECK(found.largest[at].value == doctest::Approx(ascending[299 - i]).epsilon(1e-9));
            CHECK(found.smallest[at].value == doctest::Approx(ascending[i]).epsilon(1e-9));
        }
        CHECK(found.largest[0].multiplicity == 3);
        CHECK(found.smallest[1].multiplicity == 3);
        CHECK(found.largest[3].multiplicity == 1);
        const Mat<double> gram = found.largest_vectors.transpose() * found.largest_vectors;
        CHECK((gram - Mat<double>::Identity(6, 6)).cwiseAbs().maxCoeff() < 1e-8);
    }
}

TEST_CASE("one check finds all third copies that a block of two cannot see") {
    Vec<double> values(400);
    for (Index i = 0; i < 400; ++i) {
        values[i] =
            i < 60 ? 10 - 0.3 * static_cast<double>(i / 3) : std::cos(static_cast<double>(i));
    }
    const auto found = lanczos(DenseOperator<double>(with_spectrum(values, 5)), ends(10, 0));
    INFO("products ", found.products, ", of the check ", found.check_products);
    CHECK(found.status == LanczosStatus::converged);
    for (Index i = 0; i < 10; ++i) {
        const EigenPair& pair = found.largest[static_cast<std::size_t>(i)];
        CHECK(pair.value == doctest::Approx(values[i]).epsilon(1e-9));
        CHECK(pair.multiplicity == (i < 9 ? 3 : 1));
    }
    CHECK(found.found_by_check >= 3);
    // One run for all of them: not one for each.
    CHECK(found.check_products < 1.5 * static_cast<double>(found.products));
}

TEST_CASE("the error stays within the reported bound in a thousand random cases") {
    double worst = 0;
    int failures = 0;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        kernels::Stream stream(seed, "data", 2);
        const Index n = 20 + static_cast<Index>(stream.below(60));
        Vec<double> values(n);
        for (Index i = 0; i < n; ++i) values[i] = stream.normal<double>();
        // Repeated values, pairs of opposite sign, and wide ranges, one after the other.
        if (seed % 4 == 1) values[1] = values[2] = values[0] = 3;
        if (seed % 4 == 2) values.tail(n / 2) = -values.head(n / 2);
        if (seed % 4 == 3)
            values = values.array().cube() * std::pow(10.0, stream.uniform<double>() * 6);
        const Mat<double> dense = with_spectrum(values, seed);
        const DenseOperator<double> matrix(dense);
        const auto largest = 1 + static_cast<Index>(stream.below(5));
        LanczosSettings<double> settings = ends(largest, static_cast<Index>(stream.below(4)));
        settings.block = 1 + static_cast<Index>(stream.below(3));
        settings.tolerance = std::pow(10.0, -2 - 7 * stream.uniform<double>());
        settings.basis = 16 + static_cast<Index>(stream.below(20));
        settings.seed = seed;
        const Eigenpairs<double> found = lanczos(matrix, settings);
        const double over = worst_over_bound(found, dense_spectrum(dense).values);
        worst = std::max(worst, over);
        if (over > 1 && ++failures <= 3) {
            MESSAGE("seed " << seed << ": error / bound = " << over << ", tolerance "
                            << settings.tolerance << ", block " << settings.block << ", n " << n);
        }
    }
    INFO("worst error / bound ", worst);
    CHECK(failures == 0);
}

TEST_CASE("products compare with Spectra's on the same operators") {
    struct Case {
        const char* name;
        Vec<double> values;
    };
    Vec<double> laplacian(400), random(400), network = network_like_values(400, 1);
    for (Index i = 0; i < 400; ++i) {
        laplacian[i] = 2 - 2 * std::cos(M_PI * static_cast<double>(i + 1) / 401);
    }
    kernels::Stream(5, "data").fill_normal(random.data(), 400);
    for (const Case& test :
         {Case{"laplacian", laplacian}, Case{"random", random}, Case{"network", network}}) {
        const DenseOperator<double> matrix(with_spectrum(test.values, 9));
        LanczosSettings<double> settings = ends(10, 0);
        settings.block = 1;
        settings.check = CopyCheck::never;
        const auto single = lanczos(matrix, settings);
        settings.block = 2;
        settings.check = CopyCheck::always;
        const auto block = lanczos(matrix, settings);
        DenseOperator<double> counted(with_spectrum(test.values, 9));
        Spectra::SymEigsSolver<DenseOperator<double>> solver(counted, 10, 38);
        solver.init();
        solver.compute(Spectra::SortRule::LargestAlge, 1000, 1e-8);
        MESSAGE(std::string(test.name)
                << ": block 1 " << single.products << ", block 2 " << block.products << " + "
                << block.check_products << " of checks, Spectra " << counted.products());
        REQUIRE(solver.info() == Spectra::CompInfo::Successful);
        CHECK(single.status == LanczosStatus::converged);
        CHECK((single.largest[9].value) == doctest::Approx(solver.eigenvalues()[9]).epsilon(1e-7));
        CHECK(static_cast<double>(single.products) <=
              1.1 * static_cast<double>(counted.products()));
        CHECK(block.products + block.check_products <= 2 * counted.products());
    }
}

TEST_CASE("the whole spectrum of a small matrix, the zero matrix, the identity and a number") {
    Vec<double> values(7);
    values << 3, -1, 4, -1, 5, -9, 2;
    const DenseOperator<double> small(with_spectrum(values, 1));
    const auto all = lanczos(small, ends(4, 3));
    CHECK(all.largest[0].value == doctest::Approx(5));
    CHECK(all.largest[3].value == doctest::Approx(2));
    CHECK(all.smallest[0].value == doctest::Approx(-9));
    CHECK(all.smallest[1].multiplicity == 2);
    const auto zero = lanczos(DenseOperator<double>(Mat<double>::Zero(40, 40)), ends(3, 2));
    CHECK(zero.status == LanczosStatus::converged);
    CHECK(zero.largest[2].value == 0);
    const auto identity = lanczos(DenseOperator<double>(Mat<double>::Identity(40, 40)), ends(3, 2));
    CHECK(identity.status == LanczosStatus::converged);
    CHECK(identity.largest[2].value == doctest::Approx(1));
    CHECK(identity.smallest[1].value == doctest::Approx(1));
    const auto number = lanczos(DenseOperator<double>(Mat<double>::Constant(1, 1, -2)), ends(1, 0));
    CHECK(number.largest[0].value == -2);
    const auto none = lanczos(small, ends(0, 0));
    CHECK(none.largest.empty());
}

TEST_CASE("the largest in modulus come from both ends") {
    Vec<double> values(80);
    for (Index i = 0; i < 80; ++i) values[i] = 0.01 * static_cast<double>(i);
    values.head(4) << -7, 6, -5, 4;
    LanczosSettings<double> settings;
    settings.largest_magnitude = 4;
    const auto found = lanczos(DenseOperator<double>(with_spectrum(values, 2)), settings);
    const double expected[] = {-7, 6, -5, 4};
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(found.largest[i].value == doctest::Approx(expected[i]).epsilon(1e-9));
    }
}

TEST_CASE("true residuals are those of the definition") {
    const Mat<double> a = with_spectrum(network_like_values(200, 4), 4);
    const auto found = lanczos(DenseOperator<double>(a), ends(5, 2));
    for (std::size_t i = 0; i < 5; ++i) {
        const Vec<double> y = found.largest_vectors.col(static_cast<Index>(i));
        CHECK(y.norm() == doctest::Approx(1).epsilon(1e-12));
        const double residual = (a * y - found.largest[i].value * y).norm();
        CHECK(std::abs(residual - found.largest[i].residual) < 1e-12);
        CHECK(residual < 1e-8 * found.largest[i].value);
    }
}

TEST_CASE("a warm start saves products") {
    const Vec<double> values = network_like_values(400, 6);
    const Mat<double> a = with_spectrum(values, 6);
    Mat<double> noise(400, 400);
    kernels::Stream(6, "noise").fill_normal(noise.data(), noise.size());
    const Mat<double> moved = a + 1e-4 * (noise + noise.transpose());
    LanczosSettings<double> settings = ends(5, 2);
    settings.check = CopyCheck::never;
    const auto before = lanczos(DenseOperator<double>(a), settings);
    const auto cold = lanczos(DenseOperator<double>(moved), settings);
    settings.start.resize(400, 7);
    settings.start << before.largest_vectors, before.smallest_vectors;
    const auto warm = lanczos(DenseOperator<double>(moved), settings);
    INFO("cold ", cold.products, ", warm ", warm.products);
    CHECK(warm.products < cold.products);
    CHECK(warm.largest[4].value == doctest::Approx(cold.largest[4].value).epsilon(1e-9));
}

TEST_CASE("budget, cancel and numbers that are not finite are statuses with partial results") {
    const Mat<double> a = with_spectrum(network_like_values(300, 7), 7);
    LanczosSettings<double> settings = ends(10, 10);
    settings.max_products = 30;
    const auto budget = lanczos(DenseOperator<double>(a), settings);
    CHECK(budget.status == LanczosStatus::budget);
    REQUIRE(budget.largest.size() == 10);
    CHECK(budget.largest[0].residual < budget.largest[9].residual);
    settings.max_products = 5000;
    int events = 0;
    settings.progress = [&](const LanczosProgress& state) {
        CHECK(state.wanted == 20);
        return ++events < 3;
    };
    CHECK(lanczos(DenseOperator<double>(a), settings).status == LanczosStatus::cancelled);
    CHECK(events == 3);
    Mat<double> broken = a;
    broken(0, 0) = std::numeric_limits<double>::quiet_NaN();
    CHECK(lanczos(DenseOperator<double>(broken), ends(2, 1)).status == LanczosStatus::nonfinite);
}

TEST_CASE("impossible requests are refused with the remedy") {
    const DenseOperator<double> matrix(Mat<double>::Identity(5, 5));
    CHECK_THROWS_WITH_AS(lanczos(matrix, ends(10, 3)),
                         "lanczos: 13 eigenvalues are wanted of a matrix that has 5; ask for fewer",
                         std::invalid_argument);
    LanczosSettings<float> settings;
    settings.largest = 1;
    settings.smallest = 0;
    settings.tolerance = 1e-7;
    CHECK_THROWS_AS(lanczos(DenseOperator<float>(Mat<float>::Identity(5, 5)), settings),
                    std::invalid_argument);
}

TEST_CASE("1, 2 and 7 threads give the same bits") {
    // More rows than one slice holds, so that sums are split.
    const Index n = 10000;
    const Vec<double> values = network_like_values(n, 8);
    const FunctionOperator<double> matrix = diagonal_operator(values);
    LanczosSettings<double> settings = ends(4, 2);
    const auto one = lanczos(matrix, settings);
    for (const int threads : {2, 7}) {
        settings.threads = threads;
        const auto other = lanczos(matrix, settings);
        CHECK(other.products == one.products);
        CHECK(other.largest_vectors == one.largest_vectors);
        CHECK(other.largest[3].value == one.largest[3].value);
    }
}

TEST_CASE("float reaches its own tolerance") {
    const Vec<double> values = network_like_values(300, 9);
    const Mat<float> a = with_spectrum(values, 9).cast<float>();
    LanczosSettings<float> settings;
    settings.largest = 4;
    settings.smallest = 0;
    const auto found = lanczos(DenseOperator<float>(a), settings);
    CHECK(found.status == LanczosStatus::converged);
    const Vec<double> ascending = sorted(values);
    for (Index i = 0; i < 4; ++i) {
        CHECK(found.largest[static_cast<std::size_t>(i)].value ==
              doctest::Approx(ascending[299 - i]).epsilon(1e-4));
    }
}

TEST_CASE("the dense matrix and its spectrum are the operator's") {
    Vec<double> values(60);
    for (Index i = 0; i < 60; ++i) values[i] = static_cast<double>(i) - 20;
    const Mat<double> a = with_spectrum(values, 12);
    const DenseOperator<double> matrix(a);
    const DenseMatrix dense = dense_matrix(matrix);
    CHECK((dense.matrix - a).cwiseAbs().maxCoeff() < 1e-13);
    CHECK(dense.asymmetry < 1e-15);
    CHECK((dense_spectrum(dense.matrix).values - values).cwiseAbs().maxCoeff() < 1e-11);
    CHECK_THROWS_AS(dense_matrix(matrix, 1000), std::invalid_argument);
}
