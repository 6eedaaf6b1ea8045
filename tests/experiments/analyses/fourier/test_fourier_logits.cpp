#include "experiments/analyses/fourier/fourier_logits.h"

#include <cmath>
#include <numbers>

#include <doctest/doctest.h>

#include "experiments/analyses/fourier/planted_network.h"
#include "tests/support/random.h"

namespace dualtape::analyses {

TEST_CASE("lattice logits are waves of a + b - c with coefficient 1 / K") {
    const Index p = 13;
    const FourierBasis basis = make_fourier_basis(p);
    const Mat<double> logits =
        evaluate(make_planted_network({p, 27, {2, 3, 6}, PlantedPhases::lattice})).logits;
    const LogitFrequencies found = logit_frequencies(basis, logits);
    const LabelWaves waves = fit_label_waves(basis, found);
    for (Index k = 1; k <= 6; ++k) {
        const double planted = k == 2 || k == 3 || k == 6 ? 1.0 / 3 : 0;
        CHECK(std::abs(waves.coefficient(k - 1) - planted) <= 1e-13);
        CHECK(std::abs(waves.explained(k - 1) - planted) <= 1e-13);
        CHECK(std::abs(found.share(k - 1, 2) - planted) <= 1e-13);
    }
    CHECK(found.share.col(0).maxCoeff() + found.share.col(1).maxCoeff() +
              found.share.col(3).maxCoeff() <=
          1e-13);
    CHECK(explained_by(basis, found, std::vector<Index>{2, 3, 6}) ==
          doctest::Approx(1).epsilon(1e-13));
    CHECK(explained_by(basis, found, std::vector<Index>{2}) ==
          doctest::Approx(1.0 / 3).epsilon(1e-13));
    CHECK(explained_by(basis, found, {}) == 0);
    CHECK_THROWS_AS(explained_by(basis, found, std::vector<Index>{7}), std::invalid_argument);
}

TEST_CASE("uniform phases: all variance is on planted frequencies and their doubles") {
    const Index p = 31;
    const FourierBasis basis = make_fourier_basis(p);
    const LogitFrequencies found =
        logit_frequencies(basis, evaluate(make_planted_network({p, 40, {3, 11}})).logits);
    CHECK(found.share.sum() == doctest::Approx(1).epsilon(1e-12));
    double rest = 0;
    for (Index k = 1; k <= 15; ++k) {
        const auto share = found.share.row(k - 1);
        if (k == 3 || k == 11) {
            CHECK(share(2) > 0.3);   // a + b
            CHECK(share(3) > 1e-4);  // a - b: what the phases leave
            rest += share(0) + share(1);
        } else if (k == 6 || k == 9) {  // 31 - 2 * 11 = 9
            CHECK(share(0) + share(1) > 1e-4);
            rest += share(2) + share(3);
        } else {
            rest += share.sum();
        }
    }
    CHECK(rest <= 1e-12);
    CHECK(explained_by(basis, found, std::vector<Index>{3, 11}) > 0.6);
    CHECK(explained_by(basis, found, std::vector<Index>{3, 6, 9, 11}, Combination::block) ==
          doctest::Approx(1).epsilon(1e-12));
}

TEST_CASE("coefficients are least squares over all triples") {
    for (const Index p : {5, 6}) {
        for (const Combination combination : {Combination::sum, Combination::difference}) {
            const FourierBasis basis = make_fourier_basis(p);
            const Mat<double> logits = testing::uniform_matrix(p, p * p, 3);
            const LabelWaves waves =
                fit_label_waves(basis, logit_frequencies(basis, logits), combination);
            // Normal equations from the p^3 triples, of the centred logits.
            const Index count = basis.num_frequencies();
            Mat<double> design(p * p * p, count);
            Vec<double> target(p * p * p);
            for (Index i = 0; i < p * p * p; ++i) {
                const Index c = i % p, b = i / p % p, a = i / (p * p);
                const Index s = combination == Combination::sum ? a + b : a - b;
                target(i) = logits(c, a * p + b) - logits.row(c).mean();
                for (Index k = 1; k <= count; ++k) {
                    design(i, k - 1) =
                        std::cos(2 * std::numbers::pi * static_cast<double>(k * (s - c)) /
                                 static_cast<double>(p));
                }
            }
            const Mat<double> gram = design.transpose() * design;
            CHECK((gram - Mat<double>(gram.diagonal().asDiagonal())).cwiseAbs().maxCoeff() <=
                  1e-11);
            for (Index k = 0; k < count; ++k) {
                const double match = design.col(k).dot(target);
                CHECK(std::abs(waves.coefficient(k) - match / gram(k, k)) <= 1e-13);
                CHECK(std::abs(waves.explained(k) -
                               match * match / gram(k, k) / target.squaredNorm()) <= 1e-13);
            }
        }
    }
    const FourierBasis basis = make_fourier_basis(5);
    const LogitFrequencies three = logit_frequencies(basis, testing::uniform_matrix(3, 25, 4));
    CHECK_THROWS_AS(fit_label_waves(basis, three), std::invalid_argument);
    const LogitFrequencies five = logit_frequencies(basis, testing::uniform_matrix(5, 25, 4));
    CHECK_THROWS_AS(fit_label_waves(basis, five, Combination::block), std::invalid_argument);
    const LogitFrequencies constant = logit_frequencies(basis, Mat<double>::Ones(5, 25));
    CHECK(constant.share.isZero(0));
    CHECK(explained_by(basis, constant, std::vector<Index>{1}) == 0);
}

}  // namespace dualtape::analyses
