#include "engine/kernels/python_random.h"

#include <algorithm>
#include <bit>

#include "engine/core/check.h"

namespace dualtape::kernels {

// init_genrand(19650218), then init_by_array with the seed's 32-bit words, low word first.
PythonRandom::PythonRandom(std::uint64_t seed) {
    const std::array<std::uint32_t, 2> key = {static_cast<std::uint32_t>(seed),
                                              static_cast<std::uint32_t>(seed >> 32)};
    const std::size_t length = key[1] != 0 ? 2 : 1;
    state_[0] = 19650218U;
    const auto previous = [&](std::size_t i) { return state_[i - 1] ^ (state_[i - 1] >> 30); };
    for (std::size_t i = 1; i < kSize; ++i) {
        state_[i] = 1812433253U * previous(i) + static_cast<std::uint32_t>(i);
    }
    std::size_t i = 1, j = 0;
    const auto wrap = [&] {
        if (++i < kSize) return;
        state_[0] = state_[kSize - 1];
        i = 1;
    };
    for (std::size_t k = std::max(kSize, length); k > 0; --k) {
        state_[i] = (state_[i] ^ (previous(i) * 1664525U)) + key[j] + static_cast<std::uint32_t>(j);
        wrap();
        j = (j + 1) % length;
    }
    for (std::size_t k = kSize - 1; k > 0; --k) {
        state_[i] = (state_[i] ^ (previous(i) * 1566083941U)) - static_cast<std::uint32_t>(i);
        wrap();
    }
    state_[0] = 0x80000000U;
}

void PythonRandom::refill() {
    for (std::size_t k = 0; k < kSize; ++k) {
        const std::uint32_t y = (state_[k] & 0x80000000U) | (state_[(k + 1) % kSize] & 0x7fffffffU);
        state_[k] = state_[(k + 397) % kSize] ^ (y >> 1) ^ ((y & 1U) != 0 ? 0x9908b0dfU : 0U);
    }
    next_ = 0;
}

std::uint32_t PythonRandom::bits32() {
    if (next_ == kSize) refill();
    std::uint32_t y = state_[next_++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680U;
    y ^= (y << 15) & 0xefc60000U;
    return y ^ (y >> 18);
}

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
