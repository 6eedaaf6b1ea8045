#pragma once
// Random numbers: independent streams by purpose over Random123's Philox4x32-10.
//
// A stream is a pure function of (seed, purpose, index, counter): a new consumer takes a new
// purpose ("init", "split", "batches", "noise", "probes", "chain" with the chain's number, ...) and
// so changes no other stream. The key is the seed; the 128-bit counter of Philox holds the block
// number and an id of purpose and index. The distributions are ours, hence the same everywhere.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/core/types.h"

namespace dualtape::kernels {

// A position in one stream of 32-bit words. All draws advance the position; nothing else is
// state, so counter() is all that a checkpoint must store beside the arguments of the constructor.
// Scalar is float or double.
class Stream {
  public:
    Stream(std::uint64_t seed, std::string_view purpose, std::uint64_t index = 0);

    // Words drawn so far.
    std::uint64_t counter() const { return counter_; }
    void set_counter(std::uint64_t counter) { counter_ = counter; }

    std::uint32_t bits32();  // one word
    std::uint64_t bits64();  // two words, the lower half first

    // Uniform in [0, 1): the top 53 of 64 bits in double, the top 24 of 32 bits in float.
    template <class Scalar>
    Scalar uniform();
    // Exactly as many calls of uniform, but vectorised.
    template <class Scalar>
    void fill_uniform(Scalar* y, Index size);

    // Standard normal by Box-Muller: two uniforms give the cosine branch only.
    template <class Scalar>
    Scalar normal();
    // Standard normals, vectorised, in groups of 16: eight radii, eight angles, both branches.
    // A last partial group advances the stream as a whole one. Fills of different sizes agree in
    // their common part; other numbers than those of normal(). |y| < 6.7 in float, 8.6 in double.
    template <class Scalar>
    void fill_normal(Scalar* y, Index size);

    // Uniform in 0 .. n-1 without bias. Throws ContractError if n is 0.
    std::uint64_t below(std::uint64_t n);

    // Fisher-Yates from the last element down; permutation(n) shuffles 0 .. n-1.
    template <class Value>
    void shuffle(std::span<Value> values) {
        for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
    }
    std::vector<Index> permutation(Index n);

  private:
    void fill_words(std::uint32_t* words, Index size);

    std::uint64_t seed_;
    std::uint64_t id_;
    std::uint64_t counter_ = 0;
};

// One number as a pure function of (seed, counter), for code that has no place for a stream.
// Independent of every Stream of the same seed.
template <class Scalar>
Scalar uniform_at(std::uint64_t seed, std::uint64_t counter);
template <class Scalar>
Scalar normal_at(std::uint64_t seed, std::uint64_t counter);

}  // namespace dualtape::kernels
