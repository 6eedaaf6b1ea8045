#pragma once
// Tables of runs that consist of several tasks, joined in order.

#include <filesystem>
#include <vector>

namespace dualtape::lab {

// Writes the rows of all parts, in the given order, under the header they share. Atomic.
// Throws InputError when a part is missing, incomplete or has another header.
void join_tables(const std::vector<std::filesystem::path>& parts,
                 const std::filesystem::path& whole);

}  // namespace dualtape::lab
