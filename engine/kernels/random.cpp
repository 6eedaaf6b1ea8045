#include "engine/kernels/random.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <Random123/philox.h>

#include "engine/core/check.h"
#include "engine/kernels/elementary.h"

namespace dualtape::kernels {

namespace {

using Words = std::array<std::uint32_t, 4>;

// Philox4x32-10: four words for every (key, counter).
Words philox(std::uint64_t key, std::uint64_t block, std::uint64_t id) {
    const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
    const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
    const r123::Philox4x32::ctr_type counter = {{low(block), high(block), low(id), high(id)}};
    const r123::Philox4x32::key_type seed = {{low(key), high(key)}};
    const auto out = r123::Philox4x32()(counter, seed);
    return {out[0], out[1], out[2], out[3]};
}

// FNV-1a over the purpose, then the bytes of the index: the id of a stream.
std::uint64_t stream_id(std::string_view purpose, std::uint64_t index) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    const auto add = [&](std::uint8_t byte) { hash = (hash ^ byte) * 0x100000001b3ULL; };
    for (const char c : purpose) add(static_cast<std::uint8_t>(c));
    add(0);
    for (int shift = 0; shift < 64; shift += 8) add(static_cast<std::uint8_t>(index >> shift));
    return hash;
}

// The pure functions have ids that no stream's hash is asked for twice: a purpose of their own.
std::uint64_t uniform_id() { return stream_id("uniform_at", 0); }
std::uint64_t normal_id() { return stream_id("normal_at", 0); }

template <class Scalar>
constexpr Index kWordsPerUniform = sizeof(Scalar) == 8 ? 2 : 1;

// The top 53 of 64 bits, or the top 24 of 32: multiples of the spacing, in [0, 1).
double to_uniform(std::uint32_t low, std::uint32_t high) {
    return static_cast<double>((static_cast<std::uint64_t>(high) << 32 | low) >> 11) * 0x1p-53;
}
float to_uniform(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24F; }

template <class Scalar>
void words_to_uniform(Scalar* y, const std::uint32_t* words, Index size) {
    for (Index i = 0; i < size; ++i) {
        if constexpr (sizeof(Scalar) == 8) {
            y[i] = to_uniform(words[2 * i], words[2 * i + 1]);
        } else {
            y[i] = to_uniform(words[i]);
        }
    }
}

// Box-Muller: sqrt(-2 log(1 - u)) times cosine and sine of 2 pi v, over `size` pairs.
template <class Scalar>
void box_muller(Scalar* cosines, Scalar* sines, const Scalar* u, const Scalar* v, Index size) {
    constexpr Index kPairs = 64;
    Scalar radius[kPairs];
    for (Index begin = 0; begin < size; begin += kPairs) {
        const Index count = std::min(kPairs, size - begin);
        for (Index i = 0; i < count; ++i) radius[i] = Scalar(1) - u[begin + i];
        log(radius, radius, count);
        for (Index i = 0; i < count; ++i) radius[i] = std::sqrt(Scalar(-2) * radius[i]);
        sin_cos_turns(sines + begin, cosines + begin, v + begin, count);
        for (Index i = 0; i < count; ++i) {
            cosines[begin + i] *= radius[i];
            sines[begin + i] *= radius[i];
        }
    }
}

}  // namespace

Stream::Stream(std::uint64_t seed, std::string_view purpose, std::uint64_t index)
    : seed_(seed), id_(stream_id(purpose, index)) {}

std::uint32_t Stream::bits32() {
    const Words words = philox(seed_, counter_ / 4, id_);
    return words[counter_++ % 4];
}

std::uint64_t Stream::bits64() {
    if (counter_ % 4 == 3) {
        const std::uint64_t low = bits32();
        return static_cast<std::uint64_t>(bits32()) << 32 | low;
    }
    // Both words lie in one block.
    const Words words = philox(seed_, counter_ / 4, id_);
    const std::uint64_t low = words[counter_ % 4], high = words[counter_ % 4 + 1];
    counter_ += 2;
    return high << 32 | low;
}

void Stream::fill_words(std::uint32_t* words, Index size) {
    Index i = 0;
    while (i < size && counter_ % 4 != 0) words[i++] = bits32();
    for (; i + 4 <= size; i += 4, counter_ += 4) {
        const Words block = philox(seed_, counter_ / 4, id_);
        std::copy(block.begin(), block.end(), words + i);
    }
    while (i < size) words[i++] = bits32();
}

template <class Scalar>
Scalar Stream::uniform() {
    Scalar y;
    fill_uniform(&y, 1);
    return y;
}

template <class Scalar>
void Stream::fill_uniform(Scalar* y, Index size) {
    constexpr Index kBlock = 256;
    std::uint32_t words[kBlock * kWordsPerUniform<Scalar>];
    for (Index begin = 0; begin < size; begin += kBlock) {
        const Index count = std::min(kBlock, size - begin);
        fill_words(words, count * kWordsPerUniform<Scalar>);
        words_to_uniform(y + begin, words, count);
    }
}

template <class Scalar>
Scalar Stream::normal() {
    const Scalar u = uniform<Scalar>(), v = uniform<Scalar>();
    Scalar cosine, sine;
    box_muller(&cosine, &sine, &u, &v, 1);
    return cosine;
}

template <class Scalar>
void Stream::fill_normal(Scalar* y, Index size) {
    constexpr Index kGroup = 16, kHalf = 8, kGroups = 16;
    Scalar uniforms[kGroup * kGroups], radii[kHalf * kGroups], angles[kHalf * kGroups];
    Scalar cosines[kHalf * kGroups], sines[kHalf * kGroups];
    for (Index begin = 0; begin < size; begin += kGroup * kGroups) {
        const Index groups = std::min(kGroups, (size - begin + kGroup - 1) / kGroup);
        fill_uniform(uniforms, groups * kGroup);
        for (Index g = 0; g < groups; ++g) {
            std::copy_n(uniforms + g * kGroup, kHalf, radii + g * kHalf);
            std::copy_n(uniforms + g * kGroup + kHalf, kHalf, angles + g * kHalf);
        }
        box_muller(cosines, sines, radii, angles, groups * kHalf);
        for (Index g = 0; g < groups; ++g) {
            const Index first = begin + g * kGroup;
            const Index count = std::min(kGroup, size - first);
            std::copy_n(cosines + g * kHalf, std::min(kHalf, count), y + first);
            if (count > kHalf) std::copy_n(sines + g * kHalf, count - kHalf, y + first + kHalf);
        }
    }
}

// Rejects the words that would make small remainders more likely (Lemire 2019 uses a product; the
// remainder form is as fast for our sizes and plainer).
std::uint64_t Stream::below(std::uint64_t n) {
    DUALTAPE_CHECK(n, >, 0U);
    // The words fall into runs of n, and the last run, when it is cut off by 2^64, is rejected.
    for (;;) {
        const std::uint64_t word = bits64(), rest = word % n;
        if (word - rest <= ~std::uint64_t{0} - (n - 1)) return rest;
    }
}

std::vector<Index> Stream::permutation(Index n) {
    std::vector<Index> values(static_cast<std::size_t>(std::max<Index>(n, 0)));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<Index>(i);
    shuffle(std::span(values));
    return values;
}

template <class Scalar>
Scalar uniform_at(std::uint64_t seed, std::uint64_t counter) {
    const Words words = philox(seed, counter, uniform_id());
    Scalar y;
    words_to_uniform(&y, words.data(), 1);
    return y;
}

template <class Scalar>
Scalar normal_at(std::uint64_t seed, std::uint64_t counter) {
    const Words words = philox(seed, counter, normal_id());
    Scalar uniforms[2], cosine, sine;
    words_to_uniform(uniforms, words.data(), 2);
    box_muller(&cosine, &sine, &uniforms[0], &uniforms[1], 1);
    return cosine;
}

// Randomness is real: std::complex<double> has no streams.
#define DUALTAPE_RANDOM(Scalar)                                       \
    template Scalar Stream::uniform<Scalar>();                        \
    template void Stream::fill_uniform<Scalar>(Scalar*, Index);       \
    template Scalar Stream::normal<Scalar>();                         \
    template void Stream::fill_normal<Scalar>(Scalar*, Index);        \
    template Scalar uniform_at<Scalar>(std::uint64_t, std::uint64_t); \
    template Scalar normal_at<Scalar>(std::uint64_t, std::uint64_t);
DUALTAPE_RANDOM(float)
DUALTAPE_RANDOM(double)

}  // namespace dualtape::kernels
