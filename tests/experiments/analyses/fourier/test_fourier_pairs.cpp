#include "experiments/analyses/fourier/fourier_pairs.h"

#include <cmath>
#include <numeric>

#include <doctest/doctest.h>

#include "tests/support/random.h"

namespace dualtape::analyses {

namespace {

constexpr Combination kAll[] = {Combination::sum, Combination::difference, Combination::block};

}  // namespace

TEST_CASE("directions are orthonormal, and those of products of waves") {
    for (const Index p : {2, 3, 5, 8, 9, 12}) {
        INFO("p = ", p);
        const FourierBasis basis = make_fourier_basis(p);
        Mat<double> all(p * p, 0);
        for (Index k = 1; k <= basis.num_frequencies(); ++k) {
            const Mat<double> block = pair_directions(basis, k, Combination::block);
            CHECK(block.cols() == (basis.is_nyquist(k) ? 3 : 8));
            all.conservativeResize(Eigen::NoChange, all.cols() + block.cols());
            all.rightCols(block.cols()) = block;
            if (basis.is_nyquist(k)) {
                CHECK(pair_directions(basis, k, Combination::difference) ==
                      pair_directions(basis, k, Combination::sum));
                continue;
            }
            const auto c = basis.rows.row(FourierBasis::cosine_row(k));
            const auto s = basis.rows.row(FourierBasis::sine_row(k));
            const Mat<double> sum = pair_directions(basis, k, Combination::sum);
            const Mat<double> difference = pair_directions(basis, k, Combination::difference);
            double worst = 0;
            for (Index a = 0; a < p; ++a) {
                for (Index b = 0; b < p; ++b) {
                    const Index pair = a * p + b;
                    const double cc = c(a) * c(b), ss = s(a) * s(b);
                    const double sc = s(a) * c(b), cs = c(a) * s(b);
                    const double root = std::sqrt(2.0);
                    for (const double error :
                         {sum(pair, 0) - (cc - ss) / root, sum(pair, 1) - (sc + cs) / root,
                          difference(pair, 0) - (cc + ss) / root,
                          difference(pair, 1) - (sc - cs) / root}) {
                        worst = std::max(worst, std::abs(error));
                    }
                }
            }
            CHECK(worst <= 1e-14);
        }
        const Mat<double> gram = all.transpose() * all;
        CHECK((gram - Mat<double>::Identity(all.cols(), all.cols())).cwiseAbs().maxCoeff() <=
              1e-12);
        CHECK(all.colwise().sum().cwiseAbs().maxCoeff() <= 1e-12);
    }
    const FourierBasis basis = make_fourier_basis(5);
    CHECK_THROWS_AS(pair_directions(basis, 3, Combination::sum), std::invalid_argument);
}

TEST_CASE("line sums give the energies of the two-dimensional transform") {
    for (Index p = 2; p <= 24; ++p) {
        INFO("p = ", p);
        const FourierBasis basis = make_fourier_basis(p);
        // More functions than one task takes, and a mean that is large against the waves.
        const Mat<double> grid = (testing::uniform_matrix(70, p * p, 5).array() + 100).matrix();
        const PairSpectrum spectrum = pair_spectrum(basis, grid);
        const Mat<double> energy = pair_energy(basis, spectrum, Combination::block);
        const Mat<double> full = fourier_transform_grid(basis, grid);
        for (const Index r : {0, 63, 64, 69}) {
            CHECK(std::abs(spectrum.mean(r) - grid.row(r).mean()) <= 1e-12);
            CHECK(std::abs(spectrum.energy(r) -
                           (grid.row(r).array() - grid.row(r).mean()).square().sum()) <= 1e-10);
            for (Index k = 1; k <= basis.num_frequencies(); ++k) {
                std::vector<Index> rows{0, FourierBasis::cosine_row(k)};
                if (!basis.is_nyquist(k)) rows.push_back(FourierBasis::sine_row(k));
                double wanted = 0;
                for (const Index i : rows) {
                    for (const Index j : rows) wanted += std::pow(full(r, i * p + j), 2);
                }
                wanted -= std::pow(full(r, 0), 2);
                // full(r, 0) is 100 p: its square loses 1e-16 of 1e4 p^2.
                CHECK(std::abs(energy(r, k - 1) - wanted) <= 1e-11 * 100 * p * p);
            }
        }
    }
}

TEST_CASE("projections are those on the unit vectors") {
    for (const Index p : {2, 7, 8, 9, 12}) {
        const FourierBasis basis = make_fourier_basis(p);
        const Mat<double> grid = testing::uniform_matrix(3, p * p, 6);
        const PairSpectrum spectrum = pair_spectrum(basis, grid);
        std::vector<Index> keys{basis.num_frequencies()};  // Nyquist for even p
        if (p > 3) keys.push_back(1);
        for (const Combination combination : kAll) {
            INFO("p = ", p, ", combination ", static_cast<int>(combination));
            Mat<double> wanted = Mat<double>::Zero(3, p * p);
            for (const Index k : keys) {
                const Mat<double> d = pair_directions(basis, k, combination);
                const Mat<double> coefficients = grid * d;
                wanted += coefficients * d.transpose();
                CHECK((pair_energy(basis, spectrum, combination).col(k - 1) -
                       coefficients.rowwise().squaredNorm())
                          .cwiseAbs()
                          .maxCoeff() <= 1e-12);
            }
            const LineFunctions functions = project(basis, spectrum, keys, combination);
            CHECK((on_grid(functions) - wanted).cwiseAbs().maxCoeff() <= 1e-13);
            // Idempotent, and a part of the pairs is a part of the grid.
            const PairSpectrum again = pair_spectrum(basis, on_grid(functions));
            CHECK((on_grid(project(basis, again, keys, combination)) - wanted)
                      .cwiseAbs()
                      .maxCoeff() <= 1e-13);
            Mat<double> some = Mat<double>::Ones(3, 2);
            add_at_pairs(some, -2, functions, std::vector<std::int32_t>{3, 1});
            CHECK((some.col(0) - (1 - 2 * wanted.col(3).array()).matrix()).norm() <= 1e-13);
            CHECK((some.col(1) - (1 - 2 * wanted.col(1).array()).matrix()).norm() <= 1e-13);
        }
    }
}

TEST_CASE("renaming tokens equals renaming the columns of the grid") {
    const Index p = 9;
    const FourierBasis basis = make_fourier_basis(p);
    const Mat<double> grid = testing::uniform_matrix(5, p * p, 7);
    const PairSpectrum original = pair_spectrum(basis, grid);
    kernels::Stream stream(3, "test");
    const std::vector<Index> tokens = stream.permutation(p);
    Mat<double> renamed(5, p * p);
    for (Index c = 0; c < p * p; ++c) {
        renamed.col(c) = grid.col(tokens[static_cast<std::size_t>(c / p)] * p +
                                  tokens[static_cast<std::size_t>(c % p)]);
    }
    const PairSpectrum direct = pair_spectrum(basis, renamed);
    const PairSpectrum indirect = relabelled_pair_spectrum(basis, grid, original, tokens);
    CHECK((direct.sum - indirect.sum).cwiseAbs().maxCoeff() <= 1e-14);
    CHECK((direct.difference - indirect.difference).cwiseAbs().maxCoeff() <= 1e-14);
    CHECK((direct.a - indirect.a).cwiseAbs().maxCoeff() <= 1e-14);
    CHECK((direct.b - indirect.b).cwiseAbs().maxCoeff() <= 1e-14);
    CHECK(indirect.energy == original.energy);
    CHECK((direct.energy - original.energy).cwiseAbs().maxCoeff() <= 1e-13);
    CHECK((direct.sum - original.sum).cwiseAbs().maxCoeff() > 0.1);
    CHECK_THROWS_AS(pair_spectrum(basis, grid.leftCols(9)), std::invalid_argument);
    CHECK_THROWS_AS(relabelled_pair_spectrum(basis, grid, original, std::span(tokens).subspan(1)),
                    std::invalid_argument);
}

TEST_CASE("spectra have the same bits for any number of threads") {
    const FourierBasis basis = make_fourier_basis(11);
    const Mat<double> grid = testing::uniform_matrix(200, 121, 8);
    const PairSpectrum one = pair_spectrum(basis, grid, 1);
    for (const int threads : {2, 7}) {
        const PairSpectrum many = pair_spectrum(basis, grid, threads);
        CHECK(many.a == one.a);
        CHECK(many.sum == one.sum);
        CHECK(many.difference == one.difference);
        CHECK(many.energy == one.energy);
    }
}

}  // namespace dualtape::analyses
