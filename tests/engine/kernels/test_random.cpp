// Streams of random numbers: known answers, restored positions, and the shape of the distributions.
#include "engine/kernels/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <Random123/philox.h>
#include <doctest/doctest.h>

#include "engine/core/check.h"

using dualtape::Index;
using dualtape::kernels::Stream;

namespace {

// The largest distance between the empirical and the given distribution function.
template <class Cdf>
double kolmogorov_smirnov(std::vector<double> sample, Cdf cdf) {
    std::sort(sample.begin(), sample.end());
    const double n = static_cast<double>(sample.size());
    double worst = 0;
    for (std::size_t i = 0; i < sample.size(); ++i) {
        const double f = cdf(sample[i]);
        worst =
            std::max({worst, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
    }
    return worst;
}

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

}  // namespace

TEST_CASE("the generator behind the streams gives Random123's published answers") {
    // kat_vectors of Random123 1.14, philox4x32 with 10 rounds.
    const auto zero = r123::Philox4x32()({{0, 0, 0, 0}}, {{0, 0}});
    CHECK(zero[0] == 0x6627e8d5U);
    CHECK(zero[1] == 0xe169c58dU);
    CHECK(zero[2] == 0xbc57ac4cU);
    CHECK(zero[3] == 0x9b00dbd8U);
    const auto pi = r123::Philox4x32()({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
                                       {{0xa4093822, 0x299f31d0}});
    CHECK(pi[0] == 0xd16cfe09U);
    CHECK(pi[3] == 0x24126ea1U);
}

TEST_CASE("streams differ by seed, purpose and index, and repeat by all three") {
    const auto first = [](std::uint64_t seed, const char* purpose, std::uint64_t index) {
        return Stream(seed, purpose, index).bits64();
    };
    CHECK(first(1, "init", 0) == first(1, "init", 0));
    CHECK(first(1, "init", 0) != first(2, "init", 0));
    CHECK(first(1, "init", 0) != first(1, "split", 0));
    CHECK(first(1, "init", 0) != first(1, "init", 1));
}

TEST_CASE("a restored counter continues the stream") {
    Stream stream(7, "batches");
    stream.uniform<double>();
    stream.bits32();
    const std::uint64_t counter = stream.counter();
    std::vector<double> rest(37), again(37);
    stream.fill_uniform(rest.data(), 37);
    Stream restored(7, "batches");
    restored.set_counter(counter);
    restored.fill_uniform(again.data(), 37);
    CHECK(rest == again);
}

TEST_CASE("filling is the same as drawing one by one") {
    Stream filled(3, "noise"), single(3, "noise");
    std::vector<float> block(101);
    filled.fill_uniform(block.data(), 101);
    for (const float value : block) CHECK(single.uniform<float>() == value);
    CHECK(filled.counter() == single.counter());
}

TEST_CASE("normal fills of different sizes agree in their common part") {
    std::vector<double> longer(300), shorter(45);
    Stream(9, "chain", 4).fill_normal(longer.data(), 300);
    Stream(9, "chain", 4).fill_normal(shorter.data(), 45);
    CHECK(std::equal(shorter.begin(), shorter.end(), longer.begin()));
}

TEST_CASE("uniforms and normals have their distributions") {
    constexpr Index n = 100000;
    std::vector<double> uniform(n), normal(n);
    Stream(11, "probes").fill_uniform(uniform.data(), n);
    Stream(12, "probes").fill_normal(normal.data(), n);
    const double bound = 1.95 / std::sqrt(static_cast<double>(n));  // passed with 99.9 %
    CHECK(kolmogorov_smirnov(uniform, [](double x) { return x; }) < bound);
    CHECK(kolmogorov_smirnov(normal, normal_cdf) < bound);
    double square = 0, fourth = 0, neighbours = 0;
    for (std::size_t i = 0; i < normal.size(); ++i) {
        square += normal[i] * normal[i];
        fourth += std::pow(normal[i], 4);
        neighbours += normal[i] * normal[(i + 8) % normal.size()];
    }
    CHECK(square / n == doctest::Approx(1).epsilon(0.02));
    CHECK(fourth / n == doctest::Approx(3).epsilon(0.05));
    CHECK(std::abs(neighbours / n) < 0.02);
    std::vector<double> single;
    Stream stream(13, "probes");
    for (Index i = 0; i < 20000; ++i) single.push_back(stream.normal<float>());
    CHECK(kolmogorov_smirnov(single, normal_cdf) < 1.95 / std::sqrt(20000.0));
}

TEST_CASE("numbers of a seed and a counter are pure, and independent of the streams") {
    using dualtape::kernels::normal_at;
    using dualtape::kernels::uniform_at;
    CHECK(uniform_at<double>(5, 17) == uniform_at<double>(5, 17));
    CHECK(uniform_at<double>(5, 17) != uniform_at<double>(5, 18));
    std::vector<double> uniform, normal;
    for (std::uint64_t i = 0; i < 20000; ++i) {
        uniform.push_back(uniform_at<double>(5, i));
        normal.push_back(normal_at<double>(5, i));
    }
    const double bound = 1.95 / std::sqrt(20000.0);
    CHECK(kolmogorov_smirnov(uniform, [](double x) { return x; }) < bound);
    CHECK(kolmogorov_smirnov(normal, normal_cdf) < bound);
}

TEST_CASE("below is unbiased and a permutation holds every number once") {
    Stream stream(1, "split");
    std::vector<int> counts(7, 0);
    for (int i = 0; i < 70000; ++i) ++counts[stream.below(7)];
    double chi_square = 0;
    for (const int count : counts) chi_square += std::pow(count - 10000, 2) / 10000.0;
    CHECK(chi_square < 22.5);  // 6 degrees of freedom, 99.9 %
    CHECK(stream.below(1) == 0);
    CHECK_THROWS_AS(stream.below(0), dualtape::ContractError);
    std::vector<Index> order = stream.permutation(1000);
    CHECK(!std::is_sorted(order.begin(), order.end()));
    std::sort(order.begin(), order.end());
    for (Index i = 0; i < 1000; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
    CHECK(stream.permutation(0).empty());
}

TEST_CASE("the first draws of a stream are pinned") {
    // A change here changes every run that was ever made.
    Stream stream(0, "init");
    const std::uint64_t bits = stream.bits64();
    const double uniform = stream.uniform<double>();
    double normal[2];
    Stream(0, "noise").fill_normal(normal, 2);
    INFO("bits ", bits, " uniform ", uniform, " normal ", normal[0], " ", normal[1]);
    CHECK(bits == 8379227846710987544U);
    CHECK(uniform == 0.94936511919195421);
    CHECK(normal[0] == doctest::Approx(-0.41619090296688477).epsilon(1e-14));
}
