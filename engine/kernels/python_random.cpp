#include "engine/kernels/python_random.h"

#include <array>
#include <bit>

#include "engine/core/check.h"

namespace dualtape::kernels {

namespace {

// From the seed's 32-bit words, low word first, without leading zeros.
MersenneTwister seeded(std::uint64_t seed) {
    const std::array<std::uint32_t, 2> key = {static_cast<std::uint32_t>(seed),
                                              static_cast<std::uint32_t>(seed >> 32)};
    return MersenneTwister(std::span(key).first(key[1] != 0 ? 2 : 1));
}

}  // namespace

PythonRandom::PythonRandom(std::uint64_t seed) : words_(seeded(seed)) {}

double PythonRandom::uniform() {
    const std::uint32_t a = bits32() >> 5, b = bits32() >> 6;
    return (a * 67108864.0 + b) * (1.0 / 9007199254740992.0);
}

std::uint32_t PythonRandom::below(std::uint32_t n) {
    DUALTAPE_CHECK(n, >, 0U);
    const int unused = std::countl_zero(n);
    std::uint32_t word = bits32() >> unused;
    while (word >= n) word = bits32() >> unused;
    return word;
}

}  // namespace dualtape::kernels
