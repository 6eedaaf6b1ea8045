#include "experiments/analyses/probes/phase_scan.h"

#include <cmath>
#include <numbers>

#include <doctest/doctest.h>

#include "experiments/analyses/probes/components.h"
#include "experiments/analyses/probes/ridge_probe.h"

namespace dualtape::analyses {

namespace {

constexpr std::int64_t kModulus = 12;

ProbedPairs all_pairs() {
    ProbedPairs pairs;
    pairs.operands.p = kModulus;
    for (std::int32_t x = 0; x < kModulus; ++x) {
        for (std::int32_t y = 0; y < kModulus; ++y) {
            pairs.operands.x.push_back(x);
            pairs.operands.y.push_back(y);
        }
    }
    return pairs;
}

// Row by row cos(2 pi k (x + y) / p + phi).
Mat<double> waves(const ProbedPairs& pairs, const std::vector<std::pair<int, double>>& of) {
    const Index n = pairs.operands.size();
    Mat<double> values(std::ssize(of), n);
    for (Index row = 0; row < std::ssize(of); ++row) {
        const auto& wave = of[static_cast<std::size_t>(row)];
        for (Index i = 0; i < n; ++i) {
            const auto at = static_cast<std::size_t>(i);
            const double sum = pairs.operands.x[at] + pairs.operands.y[at];
            values(row, i) =
                std::cos(2 * std::numbers::pi * wave.first * sum / kModulus + wave.second);
        }
    }
    return values;
}

const ProbeSettings kSettings{.fourier_operands = {"sum"}, .penalties = {1e-8, 1e4}};

}  // namespace

TEST_CASE("one phase of a frequency is half of its pair and a whole wave; two phases are both") {
    const ProbedPairs pairs = all_pairs();
    const PhaseScan found =
        scan_phases(waves(pairs, {{2, 0.7}, {3, 0.1}, {3, 1.2}, {6, 0}}), pairs, kSettings)[0];
    REQUIRE(found.r2.size() == 6);
    CHECK(found.r2[1] == doctest::Approx(0.5).epsilon(0.02));
    CHECK(found.wave_r2[1] > 1 - 1e-9);
    CHECK(found.r2[2] > 1 - 1e-9);
    CHECK(found.wave_r2[2] > 1 - 1e-9);
    // Half of an even modulus has a cosine alone.
    CHECK(found.r2[5] > 1 - 1e-9);
    CHECK(found.wave_r2[5] == found.r2[5]);
    CHECK(found.r2[0] < 0.01);
    CHECK(found.wave_r2[0] < 0.02);
}

TEST_CASE("the wave of best phase is that of a search over phases") {
    const ProbedPairs pairs = all_pairs();
    Mat<double> features = waves(pairs, {{2, 0.7}, {2, 2.0}, {1, 0.3}});
    for (Index i = 0; i < features.cols(); ++i) {  // noise, more of it on the second phase
        features(0, i) += 0.3 * std::sin(static_cast<double>(37 * i * i));
        features(1, i) += 2 * std::sin(static_cast<double>(91 * i * i + i));
    }
    const ProbeSettings one{.fourier_operands = {"sum"}, .penalties = {1.0}};
    const PhaseScan found = scan_phases(features, pairs, one)[0];
    const analyses::RidgeDecomposition decomposition =
        analyses::decompose(analyses::standardisation(features, true).scale(features));
    double best = -1;
    for (int i = 0; i < 2000; ++i) {
        const Mat<double> target = waves(pairs, {{2, std::numbers::pi * i / 2000}});
        best = std::max(best, analyses::scan_ridge(decomposition, target, {1.0}, 1).best_r2[0]);
    }
    CHECK(found.wave_r2[1] == doctest::Approx(best).epsilon(1e-5));
    CHECK(found.wave_r2[1] > found.r2[1] + 0.1);
}

}  // namespace dualtape::analyses
