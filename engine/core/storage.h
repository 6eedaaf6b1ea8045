#pragma once
// Memory of Vec and Mat. They are made on one side of a compiled boundary and freed on the other,
// and Eigen's own choice of allocator depends on the compiler's flags: under AVX it keeps a header
// in front of the data, otherwise it takes what malloc gives, and freeing the one as the other is
// fatal. So Vec and Mat are matrices of Eigen's option DontAlign, which always frees by std::free;
// what is allocated here begins at a multiple of 64 bytes all the same, as the order of Eigen's
// sums depends on it.

#include <complex>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <Eigen/Core>

namespace dualtape {

// `count` scalars at a multiple of 64 bytes, to be freed by std::free; null for none. Throws
// std::bad_alloc.
template <class Scalar>
Scalar* allocate_aligned(std::size_t count) {
    constexpr std::size_t kAlignment = 64;
    if (count == 0) return nullptr;
    Eigen::internal::check_size_for_overflow<Scalar>(count);
    Eigen::internal::check_that_malloc_is_allowed();
    const std::size_t bytes = (count * sizeof(Scalar) + kAlignment - 1) / kAlignment * kAlignment;
    void* memory = std::aligned_alloc(kAlignment, bytes);
    if (memory == nullptr) Eigen::internal::throw_std_bad_alloc();
    return static_cast<Scalar*>(memory);
}

template <class Scalar>
Scalar* reallocate_aligned(Scalar* old, std::size_t count, std::size_t old_count) {
    Scalar* memory = allocate_aligned<Scalar>(count);
    const std::size_t kept = count < old_count ? count : old_count;
    if (kept > 0) std::memcpy(static_cast<void*>(memory), old, kept * sizeof(Scalar));
    std::free(old);
    return memory;
}

}  // namespace dualtape

namespace Eigen::internal {

template <>
inline float* conditional_aligned_new_auto<float, false>(std::size_t count) {
    return dualtape::allocate_aligned<float>(count);
}
template <>
inline double* conditional_aligned_new_auto<double, false>(std::size_t count) {
    return dualtape::allocate_aligned<double>(count);
}
template <>
inline std::complex<double>* conditional_aligned_new_auto<std::complex<double>, false>(
    std::size_t count) {
    return dualtape::allocate_aligned<std::complex<double>>(count);
}
template <>
inline float* conditional_aligned_realloc_new_auto<float, false>(float* old, std::size_t count,
                                                                 std::size_t old_count) {
    return dualtape::reallocate_aligned(old, count, old_count);
}
template <>
inline double* conditional_aligned_realloc_new_auto<double, false>(double* old, std::size_t count,
                                                                   std::size_t old_count) {
    return dualtape::reallocate_aligned(old, count, old_count);
}
template <>
inline std::complex<double>* conditional_aligned_realloc_new_auto<std::complex<double>, false>(
    std::complex<double>* old, std::size_t count, std::size_t old_count) {
    return dualtape::reallocate_aligned(old, count, old_count);
}

}  // namespace Eigen::internal
