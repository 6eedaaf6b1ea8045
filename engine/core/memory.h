#pragma once
// One aligned block of memory that only grows.

#include <cstring>
#include <memory>
#include <new>

#include "engine/core/frame.h"

namespace dualtape {

class AlignedBuffer {
  public:
    // Ensures the capacity; contents are lost, and zeroed, when the block grows.
    void reserve(std::size_t bytes) {
        if (bytes <= bytes_) return;
        data_.reset(static_cast<std::byte*>(::operator new(bytes, kAlignment)));
        std::memset(data_.get(), 0, bytes);
        bytes_ = bytes;
    }
    std::byte* data() const { return data_.get(); }
    std::size_t bytes() const { return bytes_; }

  private:
    static constexpr std::align_val_t kAlignment{kPlaneAlignment};
    struct Free {
        void operator()(std::byte* data) const { ::operator delete(data, kAlignment); }
    };
    std::unique_ptr<std::byte, Free> data_;
    std::size_t bytes_ = 0;
};

// In debug builds memory is filled with NaN before each use, so that a plane which is read before
// it was written shows in the result.
inline void poison([[maybe_unused]] std::byte* data, [[maybe_unused]] std::size_t bytes) {
#if !defined(NDEBUG) || defined(DUALTAPE_POISON)
    if (bytes > 0) std::memset(data, 0xff, bytes);
#endif
}

}  // namespace dualtape
