#include "experiments/analyses/fourier/fourier_neurons.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include <doctest/doctest.h>

#include "experiments/analyses/fourier/planted_network.h"
#include "tests/support/random.h"

namespace dualtape::analyses {

TEST_CASE("planted neurons: one frequency explains all before the square and 0.8 after it") {
    for (const Index p : {5, 7, 9, 15, 31, 97}) {
        INFO("p = ", p);
        const FourierBasis basis = make_fourier_basis(p);
        const PlantedNetwork network = make_planted_network({p, std::min<Index>(p - 1, 60)});
        const PlantedValues values = evaluate(network);
        const NeuronFrequencies pre = neuron_frequencies(basis, values.pre);
        const NeuronFrequencies post = neuron_frequencies(basis, values.post);
        CHECK(pre.num_live == pre.explained.rows());
        CHECK(pre.best == network.frequency);
        CHECK(post.best == network.frequency);
        CHECK((pre.best_explained.array() - 1).abs().maxCoeff() <= 1e-12);
        for (Index j = 0; j < post.best_explained.size(); ++j) {
            // For p = 3 k the doubled frequency is p - k, which is k.
            const bool is_third = 3 * network.frequency[static_cast<std::size_t>(j)] == p;
            CHECK(std::abs(post.best_explained(j) - (is_third ? 1 : 0.8)) <= 1e-12);
        }
    }
}

TEST_CASE("planted phases are recovered, and aligned") {
    const Index p = 31;
    const FourierBasis basis = make_fourier_basis(p);
    const PlantedNetwork network = make_planted_network({p, 45});
    const PlantedValues values = evaluate(network);
    const auto error = [](const Vec<double>& found, const Vec<double>& wanted) {
        return (found - wanted)
            .unaryExpr([](double x) { return std::abs(wrap_angle(x)); })
            .maxCoeff();
    };
    const PairWaves pre =
        pair_waves(basis, neuron_frequencies(basis, values.pre).spectrum, network.frequency);
    CHECK(error(pre.a.phase, network.phase_a) <= 1e-10);
    CHECK(error(pre.b.phase, network.phase_b) <= 1e-10);
    CHECK((pre.a.amplitude.array() - 1).abs().maxCoeff() <= 1e-12);
    CHECK(pre.sum.amplitude.maxCoeff() <= 1e-12);

    // 2 cos(x) cos(y) = cos(x + y) + cos(x - y)
    const PairWaves post =
        pair_waves(basis, neuron_frequencies(basis, values.post).spectrum, network.frequency);
    CHECK(error(post.sum.phase, network.phase_a + network.phase_b) <= 1e-10);
    CHECK(error(post.difference.phase, network.phase_a - network.phase_b) <= 1e-10);
    CHECK((post.sum.amplitude.array() - 1).abs().maxCoeff() <= 1e-12);
    CHECK((post.difference.amplitude.array() - 1).abs().maxCoeff() <= 1e-12);

    const Waves out = output_waves(basis, network.w, network.frequency);
    CHECK(error(out.phase, network.phase_out) <= 1e-10);
    CHECK((out.amplitude.array() - 1).abs().maxCoeff() <= 1e-12);
    const Vec<double> misalignment = phase_misalignment(pre.a.phase, pre.b.phase, out.phase);
    CHECK(misalignment.cwiseAbs().maxCoeff() <= 1e-10);
    CHECK(mean_resultant_length(misalignment) == doctest::Approx(1).epsilon(1e-12));
    CHECK(mean_resultant_length(network.phase_a) < 0.5);  // 45 uniform ones: about 0.15
    CHECK_THROWS_AS(output_waves(basis, network.w.topRows(30), network.frequency),
                    std::invalid_argument);
    CHECK_THROWS_AS(
        pair_waves(basis, neuron_frequencies(basis, values.pre).spectrum, std::vector<Index>{1}),
        std::invalid_argument);
}

TEST_CASE("phases at the Nyquist frequency are 0 or pi, and of dead neurons none") {
    const Index p = 4;
    const FourierBasis basis = make_fourier_basis(p);
    Mat<double> grid(3, 16);
    for (Index c = 0; c < 16; ++c) {
        const double a = (c / 4) % 2 == 0 ? 1 : -1;
        const double b = c % 2 == 0 ? 1 : -1;
        grid(0, c) = 3 * a - 0.5 * a * b;
        grid(1, c) = -2 * b;
        grid(2, c) = 7.1;
    }
    const NeuronFrequencies neurons = neuron_frequencies(basis, grid);
    CHECK(neurons.best == std::vector<Index>{2, 2, 0});
    CHECK(neurons.is_dead == std::vector<std::uint8_t>{0, 0, 1});
    CHECK(neurons.num_live == 2);
    CHECK(neurons.best_explained(0) == doctest::Approx(1).epsilon(1e-13));
    CHECK(neurons.best_explained(2) == 0);
    const PairWaves waves = pair_waves(basis, neurons.spectrum, neurons.best);
    CHECK(waves.a.amplitude(0) == doctest::Approx(3).epsilon(1e-13));
    CHECK(waves.a.phase(0) == 0);
    CHECK(waves.sum.amplitude(0) == doctest::Approx(0.5).epsilon(1e-13));
    CHECK(waves.sum.phase(0) == std::numbers::pi);
    CHECK(waves.difference.amplitude(0) == 0);
    CHECK(waves.b.phase(1) == std::numbers::pi);
    CHECK(std::isnan(waves.a.phase(2)));
    CHECK(std::isnan(mean_resultant_length(waves.a.phase.tail(1))));
}

TEST_CASE("what does not change explained variance") {
    const Index p = 12;
    const FourierBasis basis = make_fourier_basis(p);
    const Mat<double> grid = testing::uniform_matrix(6, p * p, 4);
    const Mat<double> explained = neuron_frequencies(basis, grid).explained;
    const auto same = [&](const Mat<double>& other) {
        return (neuron_frequencies(basis, other).explained - explained).cwiseAbs().maxCoeff() <=
               1e-13;
    };
    CHECK(same(-3 * grid));
    CHECK(same((grid.array() + 5).matrix()));
    Mat<double> shifted(6, p * p), swapped(6, p * p), scaled(6, p * p);
    for (Index a = 0; a < p; ++a) {
        for (Index b = 0; b < p; ++b) {
            shifted.col(a * p + b) = grid.col((a + 5) % p * p + (b + 2) % p);
            swapped.col(a * p + b) = grid.col(b * p + a);
            scaled.col(a * p + b) = grid.col(5 * a % p * p + 5 * b % p);  // 5 is a unit
        }
    }
    CHECK(same(shifted));
    CHECK(same(swapped));
    CHECK(!same(scaled));  // moves frequency k to 5 k mod 12
    const Mat<double> moved = neuron_frequencies(basis, scaled).explained;
    for (Index k = 1; k <= 6; ++k) {
        const Index to = std::min(5 * k % p, p - 5 * k % p);
        CHECK((moved.col(to - 1) - explained.col(k - 1)).cwiseAbs().maxCoeff() <= 1e-13);
    }
    // Neurons in another order.
    const PlantedValues values = evaluate(make_planted_network({13, 9}));
    const FourierBasis other = make_fourier_basis(13);
    const Mat<double> reversed = values.post.colwise().reverse();
    CHECK((neuron_frequencies(other, reversed).explained -
           neuron_frequencies(other, values.post).explained.colwise().reverse())
              .cwiseAbs()
              .maxCoeff() <= 1e-14);
}

TEST_CASE("clusters are the planted groups") {
    const Index p = 13;
    const FourierBasis basis = make_fourier_basis(p);
    const PlantedNetwork network = make_planted_network({p, 6, {5, 2}});
    Mat<double> grid(8, p * p);
    grid.topRows(6) = evaluate(network).post;
    grid.row(6).setConstant(2);
    grid.row(7) = testing::uniform_matrix(1, p * p, 5);
    const NeuronFrequencies neurons = neuron_frequencies(basis, grid);
    const FrequencyClusters found = cluster_by_frequency(basis, neurons, 0.75);
    REQUIRE(found.clusters.size() == 2);
    CHECK(found.clusters[0].frequency == 2);
    CHECK(found.clusters[0].neurons == std::vector<Index>{1, 3, 5});
    CHECK(found.clusters[1].neurons == std::vector<Index>{0, 2, 4});
    CHECK(found.clusters[0].mean_explained == doctest::Approx(0.8).epsilon(1e-12));
    CHECK(found.clusters[0].mean_sum_share == doctest::Approx(0.5).epsilon(1e-12));
    CHECK(found.clusters[0].mean_difference_share == doctest::Approx(0.5).epsilon(1e-12));
    CHECK(found.dead == std::vector<Index>{6});
    CHECK(found.unclustered == std::vector<Index>{7});
    CHECK(cluster_by_frequency(basis, neurons).clusters.empty());  // 0.8 is below 0.85
}

TEST_CASE("angles are wrapped to the half-open turn around 0") {
    CHECK(wrap_angle(-std::numbers::pi) == std::numbers::pi);
    CHECK(wrap_angle(std::numbers::pi) == std::numbers::pi);
    CHECK(wrap_angle(7) == doctest::Approx(7 - 2 * std::numbers::pi).epsilon(1e-15));
}

}  // namespace dualtape::analyses
