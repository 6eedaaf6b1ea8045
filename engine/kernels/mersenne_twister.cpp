#include "engine/kernels/mersenne_twister.h"

#include <algorithm>

#include "engine/core/check.h"

namespace dualtape::kernels {

MersenneTwister::MersenneTwister(std::uint32_t seed) {
    state_[0] = seed;
    for (std::size_t i = 1; i < kSize; ++i) {
        state_[i] =
            1812433253U * (state_[i - 1] ^ (state_[i - 1] >> 30)) + static_cast<std::uint32_t>(i);
    }
}

MersenneTwister::MersenneTwister(std::span<const std::uint32_t> key) : MersenneTwister(19650218U) {
    DUALTAPE_CHECK(key.size(), >, 0U);
    const auto previous = [&](std::size_t i) { return state_[i - 1] ^ (state_[i - 1] >> 30); };
    std::size_t i = 1, j = 0;
    const auto wrap = [&] {
        if (++i < kSize) return;
        state_[0] = state_[kSize - 1];
        i = 1;
    };
    for (std::size_t k = std::max(kSize, key.size()); k > 0; --k) {
        state_[i] = (state_[i] ^ (previous(i) * 1664525U)) + key[j] + static_cast<std::uint32_t>(j);
        wrap();
        j = (j + 1) % key.size();
    }
    for (std::size_t k = kSize - 1; k > 0; --k) {
        state_[i] = (state_[i] ^ (previous(i) * 1566083941U)) - static_cast<std::uint32_t>(i);
        wrap();
    }
    state_[0] = 0x80000000U;
}

void MersenneTwister::refill() {
    for (std::size_t k = 0; k < kSize; ++k) {
        const std::uint32_t y = (state_[k] & 0x80000000U) | (state_[(k + 1) % kSize] & 0x7fffffffU);
        state_[k] = state_[(k + 397) % kSize] ^ (y >> 1) ^ ((y & 1U) != 0 ? 0x9908b0dfU : 0U);
    }
    next_ = 0;
}

std::uint32_t MersenneTwister::operator()() {
    if (next_ == kSize) refill();
    std::uint32_t y = state_[next_++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680U;
    y ^= (y << 15) & 0xefc60000U;
    return y ^ (y >> 18);
}

}  // namespace dualtape::kernels
