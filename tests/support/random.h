#pragma once
// Random numbers of the tests: pure functions of a seed, from our own generator.

#include "engine/core/types.h"
#include "engine/kernels/random.h"

namespace dualtape::testing {

// Uniform in [low, high).
inline Mat<double> uniform_matrix(Index rows, Index cols, std::uint64_t seed, double low = -1,
                                  double high = 1) {
    Mat<double> m(rows, cols);
    for (Index i = 0; i < m.size(); ++i) {
        m.data()[i] =
            low + (high - low) * kernels::uniform_at<double>(seed, static_cast<std::uint64_t>(i));
    }
    return m;
}

inline Vec<double> uniform_vector(Index size, std::uint64_t seed, double low = -1,
                                  double high = 1) {
    return uniform_matrix(size, 1, seed, low, high);
}

// Standard normals.
inline Mat<double> normal_matrix(Index rows, Index cols, std::uint64_t seed) {
    Mat<double> m(rows, cols);
    kernels::Stream(seed, "test").fill_normal(m.data(), m.size());
    return m;
}

// Integers in [0, limit).
inline std::vector<std::int32_t> uniform_tokens(Index count, Index limit, std::uint64_t seed) {
    std::vector<std::int32_t> tokens;
    for (Index i = 0; i < count; ++i) {
        const double u = kernels::uniform_at<double>(seed, static_cast<std::uint64_t>(i));
        tokens.push_back(static_cast<std::int32_t>(u * static_cast<double>(limit)));
    }
    return tokens;
}

}  // namespace dualtape::testing
