#pragma once
// CPython's random.Random: recreates the splits of published code, bit for bit.

#include <cstdint>
#include <span>
#include <utility>

#include "engine/kernels/mersenne_twister.h"

namespace dualtape::kernels {

// The Mersenne Twister, seeded as CPython seeds it from a non-negative integer.
// Source: CPython's Modules/_randommodule.c and Lib/random.py.
class PythonRandom {
  public:
    explicit PythonRandom(std::uint64_t seed);

    // One 32-bit word; its top bits for getrandbits(k), k <= 32.
    std::uint32_t bits32() { return words_(); }
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
    MersenneTwister words_;
};

}  // namespace dualtape::kernels
