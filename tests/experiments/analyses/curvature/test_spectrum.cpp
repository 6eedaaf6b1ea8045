// What a spectrum says of itself, on matrices whose eigenvalues are known.
#include "experiments/analyses/curvature/spectrum.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "engine/kernels/random.h"

using namespace dualtape;
using namespace dualtape::analyses;

namespace {

Spectrum measure(const Vec<double>& values, const SpectrumSettings& settings) {
    const curvature::FunctionOperator<double> matrix(
        values.size(),
        [&values](In<Mat<double>> v, Out<Mat<double>> av) { av = values.asDiagonal() * v; });
    return measure_spectrum(matrix, settings, Mat<double>(),
                            [](const SpectrumProgress&) { return true; });
}

// Uniform in [low, high].
Vec<double> uniform(Index size, double low, double high) {
    Vec<double> values(size);
    kernels::Stream stream(1, "data");
    for (double& value : values) value = low + (high - low) * stream.uniform<double>();
    return values;
}

}  // namespace

TEST_CASE("a number of negative eigenvalues is exact only where a pair certainly lies above") {
    Vec<double> values = uniform(3000, 0, 0.05);
    values.head(10) = Vec<double>::LinSpaced(10, 10, 2);
    SpectrumSettings settings;
    SUBCASE("dozens just below zero, which the tolerance does not resolve") {
        values.segment(10, 40) = uniform(40, -6e-4, -2e-4);
        const Spectrum coarse = measure(values, settings);
        CHECK(coarse.status == "coarse");
        CHECK(coarse.num_negative <= 40);
        CHECK_FALSE(coarse.is_count_exact);
    }
    SUBCASE("more than are wanted") {
        values.segment(10, 40) = uniform(40, -9, -1);
        const Spectrum some = measure(values, settings);
        CHECK(some.num_negative == 10);
        CHECK_FALSE(some.is_count_exact);
    }
    SUBCASE("four, far below the others") {
        values = values.array() + 1;
        values.segment(10, 5) << -4, -3, -2, -1, 0.3;
        settings.tolerance = 0;
        settings.smallest = 5;
        settings.max_products = 5000;
        const Spectrum four = measure(values, settings);
        CHECK(four.num_negative == 4);
        CHECK(four.is_count_exact);
    }
    SUBCASE("none is looked for") {
        settings.smallest = 0;
        CHECK_FALSE(measure(values, settings).is_count_exact);
    }
}

TEST_CASE("the whole matrix is as accurate as its products") {
    Vec<double> values = uniform(100, 0, 1);
    values[0] = 1e-6;
    SpectrumSettings settings;
    settings.dense_limit = 300;
    const Spectrum exact = measure(values, settings);
    CHECK(exact.status == "exact");
    CHECK(exact.largest[0].digits >= 12);
    settings.accuracy = 1e-13;
    const Spectrum coarse = measure(values, settings);
    CHECK(coarse.status == "coarse");
    CHECK(coarse.num_converged < coarse.num_wanted);
    CHECK(std::none_of(coarse.smallest.begin(), coarse.smallest.end(),
                       [](const Eigenvalue& pair) { return pair.is_converged; }));
    settings.accuracy = 5e-3;
    settings.product_noise = 1e-6;
    const Spectrum noisy = measure(values, settings);
    CHECK(noisy.largest[0].bound == doctest::Approx(1e-5 * values.maxCoeff()));
    CHECK(noisy.largest[0].digits == 4);
    CHECK_FALSE(noisy.smallest[0].is_sign_certain);
}

TEST_CASE("a matrix with fewer rows than pairs are wanted gives every eigenvalue once") {
    for (const Index rows : {1, 2, 3, 5, 11}) {
        SpectrumSettings settings;
        settings.largest = 10;
        settings.smallest = 3;
        settings.dense_limit = 300;
        const Vec<double> values = uniform(rows, -1, 1);
        const Spectrum all = measure(values, settings);
        CHECK(all.status == "exact");
        CHECK(all.num_wanted == rows);
        CHECK(static_cast<Index>(all.largest.size() + all.smallest.size()) == rows);
        CHECK(all.largest[0].value == doctest::Approx(values.maxCoeff()));
        if (rows > 1) CHECK(all.smallest[0].value == doctest::Approx(values.minCoeff()));
    }
}

TEST_CASE("of a small matrix fewer pairs are looked for, and no more count as wanted") {
    SpectrumSettings settings;
    settings.largest = settings.smallest = 20;
    settings.tolerance = 0;
    const Spectrum found = measure(uniform(100, -1, 1), settings);
    CHECK(found.largest.size() == 12);
    CHECK(found.smallest.size() == 12);
    CHECK(found.num_wanted == 24);
    CHECK(found.num_converged == 24);
}
