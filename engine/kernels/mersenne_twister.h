#pragma once
// The generator of CPython's random and of PyTorch on the CPU.

#include <array>
#include <cstdint>
#include <span>

namespace dualtape::kernels {

// MT19937: words of 32 bits. Not std::mt19937, which cannot be seeded by a key. Source: Matsumoto &
// Nishimura 1998; mt19937ar.c, 2002.
class MersenneTwister {
  public:
    explicit MersenneTwister(std::uint32_t seed);                  // init_genrand
    explicit MersenneTwister(std::span<const std::uint32_t> key);  // init_by_array; not empty

    std::uint32_t operator()();

  private:
    static constexpr std::size_t kSize = 624;
    void refill();

    std::array<std::uint32_t, kSize> state_{};
    std::size_t next_ = kSize;
};

}  // namespace dualtape::kernels
