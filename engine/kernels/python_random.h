#pragma once
// CPython's random.Random: recreates the splits of published code, bit for bit.

#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace dualtape::kernels {

// The Mersenne Twister MT19937, seeded as CPython seeds it from a non-negative integer.
// Source: Matsumoto & Nishimura 1998; CPython's Modules/_randommodule.c and Lib/random.py.
class PythonRandom {
  public:
    explicit PythonRandom(std::uint64_t seed);

    // One 32-bit word; its top bits for getrandbits(k), k <= 32.
    std::uint32_t bits32();
    // random(): 53 bits of two words, in [0, 1).
    double uniform();
    // _randbelow(n): the top bits of a word as many as n has, drawn again until below n.
    // n in [1, 2^32). Throws ContractError otherwise.
    std::uint32_t below(std::uint32_t n);
    // shuffle(list): from the last element down.
    template <class Value>
    void shuffle(std::span<Value> values) {
        for (std::size_t i = values.size(); i > 1; --i) {
            std::swap(values[i - 1], values[below(static_cast<std::uint32_t>(i))]);
        }
    }

  private:
    static constexpr std::size_t kSize = 624;
    void refill();

    std::array<std::uint32_t, kSize> state_{};
    std::size_t next_ = kSize;
};

}  // namespace dualtape::kernels
