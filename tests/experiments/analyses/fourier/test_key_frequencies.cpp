#include "experiments/analyses/fourier/key_frequencies.h"

#include <cmath>

#include <doctest/doctest.h>

#include "engine/kernels/random.h"
#include "experiments/analyses/fourier/planted_network.h"

namespace dualtape::analyses {

namespace {

Mat<double> normal_matrix(Index rows, Index cols, std::uint64_t seed) {
    Mat<double> m(rows, cols);
    kernels::Stream stream(seed, "test");
    stream.fill_normal(m.data(), m.size());
    return m;
}

// The quadratic network with random instead of planted weights, N x p^2.
Mat<double> random_post(Index width, Index p, std::uint64_t seed) {
    const Mat<double> u = normal_matrix(width, p, 2 * seed);
    const Mat<double> v = normal_matrix(width, p, 2 * seed + 1);
    Mat<double> post(width, p * p);
    for (Index c = 0; c < p * p; ++c) post.col(c) = (u.col(c / p) + v.col(c % p)).cwiseAbs2();
    return post;
}

}  // namespace

TEST_CASE("key frequencies are the planted set, by every rule") {
    const Index p = 31;
    const FourierBasis basis = make_fourier_basis(p);
    const std::vector<Index> planted{3, 7, 15};  // 15 = floor(p / 2)
    const PlantedNetwork network = make_planted_network({p, 30, {15, 3, 7}});
    const PlantedValues values = evaluate(network);
    const KeyFrequencies by_pre = key_frequencies(basis, neuron_frequencies(basis, values.pre));
    CHECK(by_pre.rule == KeyRule::neurons);
    CHECK(by_pre.frequencies == planted);
    CHECK(by_pre.strength.sum() == 30);
    CHECK(key_frequencies(basis, neuron_frequencies(basis, values.post), 0.75).frequencies ==
          planted);
    CHECK(key_frequencies(basis, neuron_frequencies(basis, values.post)).frequencies.empty());
    CHECK(key_frequencies(basis, KeyRule::embedding, network.u).frequencies == planted);
    const KeyFrequencies by_output = key_frequencies(basis, KeyRule::output, network.w.transpose());
    CHECK(by_output.rule == KeyRule::output);
    CHECK(by_output.frequencies == planted);
    CHECK(key_frequencies(basis, KeyRule::embedding, Mat<double>::Zero(3, p)).frequencies.empty());
    CHECK_THROWS_AS(key_frequencies(basis, KeyRule::neurons, network.u), std::invalid_argument);
}

TEST_CASE("a frequency of a single neuron, or of under one in a hundred, is no key") {
    const Index p = 13;
    const FourierBasis basis = make_fourier_basis(p);
    const PlantedNetwork pair = make_planted_network({p, 2, {4}});
    const auto keys = [&](Index others) {
        Mat<double> grid(2 + others, p * p);
        grid.topRows(2) = evaluate(pair).pre;
        if (others > 0) {
            grid.bottomRows(others) = evaluate(make_planted_network({p, others, {1}})).pre;
        }
        return key_frequencies(basis, neuron_frequencies(basis, grid)).frequencies;
    };
    CHECK(keys(0) == std::vector<Index>{4});
    CHECK(keys(1) == std::vector<Index>{4});
    CHECK(keys(2) == std::vector<Index>{1, 4});
    CHECK(keys(198) == std::vector<Index>{1, 4});  // 2 of 200
    CHECK(keys(199) == std::vector<Index>{1});
}

TEST_CASE("planted frequencies stand out of renamed tokens") {
    const Index p = 31;
    const FourierBasis basis = make_fourier_basis(p);
    const PlantedNetwork network = make_planted_network({p, 12, {3, 7}});
    const PlantedValues values = evaluate(network);
    NullSettings settings;
    settings.permutations = 99;
    const NeuronFrequencies neurons = neuron_frequencies(basis, values.pre);
    const NeuronNull null = neuron_null(basis, values.pre, neurons, settings);
    CHECK(null.p_value == 0.01);
    CHECK(null.mean_p_value == 0.01);
    CHECK(null.neuron_p_value.maxCoeff() == 0.01);
    for (Index k = 1; k <= 15; ++k) {
        const bool is_planted = k == 3 || k == 7;
        CHECK((null.observed(k - 1) > null.floor(k - 1)) == is_planted);
    }
    const PermutationNull norms = norm_null(basis, network.u, settings);
    CHECK(norms.p_value == 0.01);
    CHECK(norms.observed(2) > norms.floor(2));
    CHECK(norms.observed(4) < norms.floor(4));

    settings.threads = 3;
    const NeuronNull threaded = neuron_null(basis, values.pre, neurons, settings);
    CHECK(threaded.floor == null.floor);
    CHECK(threaded.neuron_p_value == null.neuron_p_value);
    settings.permutations = 0;
    CHECK_THROWS_AS(norm_null(basis, network.u, settings), std::invalid_argument);
    settings.permutations = 5;
    settings.level = 1;
    CHECK_THROWS_AS(neuron_null(basis, values.pre, neurons, settings), std::invalid_argument);
}

TEST_CASE("random weights are not significant, and p-values are uniform") {
    // 60 networks: the number with p <= 0.1 is binomial with mean 6 and standard deviation 2.3, and
    // p <= 0.5 has 30 +- 3.9; bounds at four deviations.
    const Index p = 11;
    const FourierBasis basis = make_fourier_basis(p);
    NullSettings settings;
    settings.permutations = 99;
    int small = 0, lower_half = 0, small_mean = 0, small_norm = 0;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        settings.seed = seed;
        const Mat<double> post = random_post(8, p, seed);
        const NeuronNull null = neuron_null(basis, post, neuron_frequencies(basis, post), settings);
        small += null.p_value <= 0.1 ? 1 : 0;
        lower_half += null.p_value <= 0.5 ? 1 : 0;
        small_mean += null.mean_p_value <= 0.1 ? 1 : 0;
        const Mat<double> table = normal_matrix(5, p, 1000 + seed);
        small_norm += norm_null(basis, table, settings).p_value <= 0.1 ? 1 : 0;
    }
    CHECK(small <= 15);
    CHECK(small_mean <= 15);
    CHECK(small_norm <= 15);
    CHECK(lower_half >= 14);
    CHECK(lower_half <= 46);
}

TEST_CASE("dead neurons have no p-value") {
    const FourierBasis basis = make_fourier_basis(5);
    const Mat<double> dead = Mat<double>::Constant(2, 25, 3);
    NullSettings settings;
    settings.permutations = 3;
    const NeuronNull null = neuron_null(basis, dead, neuron_frequencies(basis, dead), settings);
    CHECK(null.p_value == 1);
    CHECK(std::isnan(null.neuron_p_value(0)));
}

}  // namespace dualtape::analyses
