#include "experiments/analyses/fourier/fourier_basis.h"

#include <cmath>
#include <numbers>

#include <doctest/doctest.h>

#include "tests/support/random.h"

namespace dualtape::analyses {

TEST_CASE("the basis is orthonormal for every modulus from 2 to 64") {
    for (Index p = 2; p <= 64; ++p) {
        INFO("p = ", p);
        const FourierBasis basis = make_fourier_basis(p);
        const Mat<double> gram = basis.rows * basis.rows.transpose();
        CHECK((gram - Mat<double>::Identity(p, p)).cwiseAbs().maxCoeff() <= 1e-12);
    }
    CHECK_THROWS_AS(make_fourier_basis(1), std::invalid_argument);
}

TEST_CASE("rows are the waves that the header says") {
    for (const Index p : {2, 3, 4, 9, 12, 97, 113}) {
        const FourierBasis basis = make_fourier_basis(p);
        CHECK(basis.num_frequencies() == p / 2);
        for (Index k = 1; k <= basis.num_frequencies(); ++k) {
            const double scale =
                std::sqrt((basis.is_nyquist(k) ? 1.0 : 2.0) / static_cast<double>(p));
            for (Index x = 0; x < p; ++x) {
                const double angle =
                    2 * std::numbers::pi * static_cast<double>(k * x) / static_cast<double>(p);
                // The reference's angle has an error of 1e-16 k x / p turns.
                CHECK(std::abs(basis.rows(FourierBasis::cosine_row(k), x) -
                               scale * std::cos(angle)) <= 1e-12);
                if (basis.is_nyquist(k)) continue;
                CHECK(std::abs(basis.rows(FourierBasis::sine_row(k), x) -
                               scale * std::sin(angle)) <= 1e-12);
            }
            CHECK(FourierBasis::frequency_of_row(FourierBasis::cosine_row(k)) == k);
            CHECK(FourierBasis::frequency_of_row(FourierBasis::sine_row(k)) == k);
        }
    }
}

TEST_CASE("subgroup frequencies share a factor with the modulus") {
    const auto marked = [](Index p) {
        const FourierBasis basis = make_fourier_basis(p);
        std::vector<Index> frequencies;
        for (Index k = 1; k <= basis.num_frequencies(); ++k) {
            if (basis.is_subgroup(k)) frequencies.push_back(k);
        }
        return frequencies;
    };
    CHECK(marked(12) == std::vector<Index>{2, 3, 4, 6});
    CHECK(marked(15) == std::vector<Index>{3, 5, 6});
    CHECK(marked(97).empty());
    CHECK(marked(2).empty());
    // A wave of a subgroup frequency repeats: it has period p / gcd(k, p).
    const FourierBasis basis = make_fourier_basis(12);
    for (Index x = 0; x + 4 < 12; ++x) {
        CHECK(basis.rows(FourierBasis::sine_row(3), x) ==
              doctest::Approx(basis.rows(FourierBasis::sine_row(3), x + 4)).epsilon(1e-14));
    }
}

TEST_CASE("transforms keep energies and are undone by their inverses") {
    for (Index p = 2; p <= 64; ++p) {
        INFO("p = ", p);
        const FourierBasis basis = make_fourier_basis(p);
        const Mat<double> values = testing::uniform_matrix(3, p, 1);
        const Mat<double> coefficients = fourier_transform(basis, values);
        const Vec<double> energy = values.rowwise().squaredNorm();
        CHECK((coefficients.rowwise().squaredNorm() - energy).cwiseAbs().maxCoeff() <=
              1e-12 * energy.maxCoeff());
        CHECK((inverse_fourier_transform(basis, coefficients) - values).cwiseAbs().maxCoeff() <=
              1e-12);
    }
    const FourierBasis basis = make_fourier_basis(5);
    CHECK_THROWS_AS(fourier_transform(basis, Mat<double>::Zero(3, 4)), std::invalid_argument);
    CHECK(fourier_transform(basis, Mat<double>::Zero(0, 5)).cols() == 5);
    // Views with gaps between their columns.
    const Mat<double> whole = testing::uniform_matrix(6, 5, 2);
    const Mat<double> middle = whole.middleRows(2, 3);
    CHECK(fourier_transform(basis, whole.middleRows(2, 3)) == fourier_transform(basis, middle));
}

TEST_CASE("the transform of a grid is F T F', with a along the rows") {
    for (Index p = 2; p <= 64; ++p) {
        INFO("p = ", p);
        const FourierBasis basis = make_fourier_basis(p);
        const Mat<double> grid = testing::uniform_matrix(2, p * p, 3);
        const Mat<double> coefficients = fourier_transform_grid(basis, grid);
        for (Index r = 0; r < 2; ++r) {
            Mat<double> table(p, p);  // (a, b)
            for (Index c = 0; c < p * p; ++c) table(c / p, c % p) = grid(r, c);
            const Mat<double> wanted = basis.rows * table * basis.rows.transpose();
            double worst = 0;
            for (Index c = 0; c < p * p; ++c) {
                worst = std::max(worst, std::abs(coefficients(r, c) - wanted(c / p, c % p)));
            }
            CHECK(worst <= 1e-12);
            CHECK(std::abs(coefficients.row(r).squaredNorm() / grid.row(r).squaredNorm() - 1) <=
                  1e-12);
        }
        CHECK((inverse_fourier_transform_grid(basis, coefficients) - grid).cwiseAbs().maxCoeff() <=
              1e-12);
    }
    const FourierBasis basis = make_fourier_basis(3);
    CHECK_THROWS_AS(fourier_transform_grid(basis, Mat<double>::Zero(1, 3)), std::invalid_argument);
}

TEST_CASE("norms of a table: joined norms do not depend on phases, and add up") {
    for (const Index p : {7, 8}) {
        const FourierBasis basis = make_fourier_basis(p);
        const Mat<double> table = testing::uniform_matrix(4, p, 4);
        const Vec<double> rows = fourier_row_norms(basis, table);
        const Vec<double> joined = frequency_norms(basis, table);
        CHECK(rows.size() == p);
        CHECK(joined.size() == p / 2);
        CHECK(joined.squaredNorm() + rows(0) * rows(0) ==
              doctest::Approx(table.squaredNorm()).epsilon(1e-13));
        Mat<double> shifted(4, p);  // a translation turns cosines into sines
        for (Index x = 0; x < p; ++x) shifted.col(x) = table.col((x + 3) % p);
        CHECK((frequency_norms(basis, shifted) - joined).cwiseAbs().maxCoeff() <= 1e-13);
    }
}

TEST_CASE("frequencies out of range or given twice are refused") {
    const FourierBasis basis = make_fourier_basis(8);
    const auto check = [&](std::vector<Index> list) { check_frequencies(basis, list, "test"); };
    CHECK_NOTHROW(check({4, 1}));
    CHECK_THROWS_AS(check({0}), std::invalid_argument);
    CHECK_THROWS_AS(check({5}), std::invalid_argument);
    CHECK_THROWS_AS(check({2, 2}), std::invalid_argument);
}

}  // namespace dualtape::analyses
