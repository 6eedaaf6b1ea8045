#pragma once
// SHA-256 (FIPS 180-4): settings hashes and the checksums of the manifest, which `sha256sum`
// verifies. About 200 MB/s.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace dualtape::lab {

// update() any number of times, then hex() once.
class Sha256 {
  public:
    void update(std::string_view bytes);
    std::string hex();  // 64 lower-case digits

  private:
    void compress(const unsigned char* block);

    std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<unsigned char, 64> buffer_{};
    std::size_t buffered_ = 0;
    std::uint64_t total_bytes_ = 0;
};

std::string sha256_hex(std::string_view bytes);
std::string sha256_of_file(const std::filesystem::path& path);  // InputError when unreadable

}  // namespace dualtape::lab
