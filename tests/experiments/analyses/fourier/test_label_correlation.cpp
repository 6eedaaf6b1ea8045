#include "experiments/analyses/fourier/label_correlation.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include <doctest/doctest.h>

#include "experiments/analyses/fourier/fourier_pairs.h"
#include "experiments/analyses/fourier/planted_network.h"
#include "tests/support/random.h"

namespace dualtape::analyses {

namespace {

std::vector<std::int32_t> all_pairs(Index p) {
    std::vector<std::int32_t> pairs(static_cast<std::size_t>(p * p));
    std::iota(pairs.begin(), pairs.end(), 0);
    return pairs;
}

double pearson(const Vec<double>& x, const Vec<double>& y) {
    const Vec<double> u = (x.array() - x.mean()).matrix();
    const Vec<double> v = (y.array() - y.mean()).matrix();
    return u.dot(v) / (u.norm() * v.norm());
}

}  // namespace

TEST_CASE("correlations are Pearson's, on any sample of pairs") {
    for (const Index p : {7, 8}) {
        const FourierBasis basis = make_fourier_basis(p);
        const std::vector<std::int32_t> pairs = testing::uniform_tokens(30, p * p, 1);
        const Mat<double> activations = (testing::uniform_matrix(3, 30, 2).array() + 50).matrix();
        const LabelCorrelation found = label_correlation(basis, activations, pairs);
        double largest = 0;
        for (std::size_t n = 0; n < 4; ++n) {
            for (Index k = 1; k <= basis.num_frequencies(); ++k) {
                Vec<double> cosine(30), sine(30);
                for (Index i = 0; i < 30; ++i) {
                    const Index a = pairs[static_cast<std::size_t>(i)] / p;
                    const Index b = pairs[static_cast<std::size_t>(i)] % p;
                    const Index s[] = {a + b, a, b, a - b};
                    const double angle = 2 * std::numbers::pi * static_cast<double>(k * s[n]) /
                                         static_cast<double>(p);
                    cosine(i) = std::cos(angle);
                    sine(i) = std::sin(angle);
                }
                const Vec<double> neuron = activations.row(1).transpose();
                const WaveCorrelation& waves = found.by_number[n];
                CHECK(std::abs(waves.cosine(1, k - 1) - pearson(neuron, cosine)) <= 1e-11);
                largest = std::max(largest, std::abs(waves.cosine(1, k - 1)));
                if (basis.is_nyquist(k)) {
                    CHECK(waves.sine(1, k - 1) == 0);
                    continue;
                }
                CHECK(std::abs(waves.sine(1, k - 1) - pearson(neuron, sine)) <= 1e-11);
                largest = std::max(largest, std::abs(waves.sine(1, k - 1)));
            }
        }
        CHECK(std::abs(found.best[1].r) == largest);
    }
}

TEST_CASE("on the grid, squared correlations are shares of the variance") {
    const Index p = 9;
    const FourierBasis basis = make_fourier_basis(p);
    const Mat<double> grid = testing::uniform_matrix(4, p * p, 3);
    const LabelCorrelation found = label_correlation(basis, grid, all_pairs(p));
    const PairSpectrum spectrum = pair_spectrum(basis, grid);
    const Mat<double>* coefficients[] = {&spectrum.sum, &spectrum.a, &spectrum.b,
                                         &spectrum.difference};
    for (std::size_t n = 0; n < 4; ++n) {
        const Mat<double> share =
            spectrum.energy.cwiseInverse().asDiagonal() * frequency_energy(basis, *coefficients[n]);
        const WaveCorrelation& waves = found.by_number[n];
        CHECK((waves.cosine.cwiseAbs2() + waves.sine.cwiseAbs2() - share).cwiseAbs().maxCoeff() <=
              1e-13);
    }
}

TEST_CASE("planted neurons: which numbers they follow, before and after the square") {
    const Index p = 31;
    const FourierBasis basis = make_fourier_basis(p);
    const PlantedNetwork network = make_planted_network({p, 12, {3, 7}});
    const PlantedValues values = evaluate(network);
    const std::vector<std::int32_t> pairs = all_pairs(p);
    const LabelCorrelation pre = label_correlation(basis, values.pre, pairs);
    const LabelCorrelation post = label_correlation(basis, values.post, pairs);
    for (Index j = 0; j < 12; ++j) {
        const Index k = network.frequency[static_cast<std::size_t>(j)];
        const auto power = [&](const LabelCorrelation& found, PairNumber number) {
            const WaveCorrelation& waves = found.by_number[static_cast<std::size_t>(number)];
            return std::pow(waves.cosine(j, k - 1), 2) + std::pow(waves.sine(j, k - 1), 2);
        };
        CHECK(power(pre, PairNumber::a) == doctest::Approx(0.5).epsilon(1e-12));
        CHECK(power(pre, PairNumber::b) == doctest::Approx(0.5).epsilon(1e-12));
        CHECK(power(post, PairNumber::sum) == doctest::Approx(0.4).epsilon(1e-12));
        CHECK(power(post, PairNumber::difference) == doctest::Approx(0.4).epsilon(1e-12));
        CHECK(pre.best[static_cast<std::size_t>(j)].frequency == k);
        CHECK(post.best[static_cast<std::size_t>(j)].frequency == k);
    }
    CHECK(post.num_above == 12);  // sqrt(0.4 / 2) = 0.447 at least

    NullSettings settings;
    settings.permutations = 99;
    const CorrelationNull null = correlation_null(basis, values.post, pairs, post, settings);
    CHECK(null.p_value == 0.01);
    CHECK(null.num_above_p_value == 0.01);
    CHECK(null.neuron_p_value.maxCoeff() <= 0.02);
    CHECK(null.floor < 0.447);
    settings.threads = 3;
    const CorrelationNull threaded = correlation_null(basis, values.post, pairs, post, settings);
    CHECK(threaded.floor == null.floor);
    CHECK(threaded.neuron_p_value == null.neuron_p_value);
}

TEST_CASE("random tables are not significant") {
    // Of 60 networks, p <= 0.1 for 6 +- 2.3; bound at four deviations.
    const FourierBasis basis = make_fourier_basis(11);
    NullSettings settings;
    settings.permutations = 99;
    int small = 0, small_count = 0;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        settings.seed = seed;
        const Mat<double> u = testing::uniform_matrix(6, 11, 100 + seed);
        const Mat<double> v = testing::uniform_matrix(6, 11, 200 + seed);
        const std::vector<std::int32_t> pairs = testing::uniform_tokens(80, 121, seed);
        Mat<double> post(6, 80);
        for (Index c = 0; c < 80; ++c) {
            const Index pair = pairs[static_cast<std::size_t>(c)];
            post.col(c) = (u.col(pair / 11) + v.col(pair % 11)).cwiseMax(0);
        }
        const LabelCorrelation found = label_correlation(basis, post, pairs, 0.6);
        const CorrelationNull null = correlation_null(basis, post, pairs, found, settings);
        small += null.p_value <= 0.1 ? 1 : 0;
        small_count += null.num_above_p_value <= 0.1 ? 1 : 0;
    }
    CHECK(small <= 15);
    CHECK(small_count <= 15);
}

TEST_CASE("neurons and waves that do not vary have no correlation") {
    const FourierBasis basis = make_fourier_basis(5);
    Mat<double> activations = Mat<double>::Constant(2, 3, 0.1);
    activations.row(1) << 1, 2, 4;
    const std::vector<std::int32_t> pairs{1, 5 + 0, 1};  // a + b = 1 in all
    const LabelCorrelation found = label_correlation(basis, activations, pairs);
    CHECK(found.best[0].frequency == 0);
    CHECK(found.best[0].r == 0);
    CHECK(found.by_number[0].cosine.isZero(0));
    CHECK(found.by_number[0].sine.isZero(0));
    CHECK(found.best[1].frequency > 0);
    CHECK_THROWS_AS(label_correlation(basis, activations, std::vector<std::int32_t>{1, 2}),
                    std::invalid_argument);
    CHECK_THROWS_AS(label_correlation(basis, activations, std::vector<std::int32_t>{1, 2, 25}),
                    std::invalid_argument);
}

}  // namespace dualtape::analyses
