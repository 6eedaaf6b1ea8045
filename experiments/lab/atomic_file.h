#pragma once
// Whole files in one go: read into memory, or replaced so that no reader ever sees half of one.

#include <filesystem>
#include <string>
#include <string_view>

namespace dualtape::lab {

// Writes a temporary file in the same folder, flushes it to the disk and renames it to `path`:
// afterwards `path` holds either all of `bytes` or what it held before.
// Throws InputError of kind run, e.g. for a full disk; the temporary file is then gone.
void write_atomically(const std::filesystem::path& path, std::string_view bytes);

// The bytes of a file. Throws InputError if it is missing, a folder, or cannot be read.
std::string read_file(const std::filesystem::path& path);

}  // namespace dualtape::lab
