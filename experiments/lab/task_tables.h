#pragma once
// Tables of runs that are resumed or consist of several tasks: cut back, then joined in order.

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace dualtape::lab {

// Cuts a table back to the rows whose `column` is at most `step`, and drops a last line without
// line feed, so that a resumed run appends exactly what an unbroken run would have. The rows of
// the file are in order of that column. No file, or one without a complete header: no file after.
// Returns the number of rows kept. Throws InputError when the column is missing or not a number.
std::int64_t cut_table(const std::filesystem::path& path, std::int64_t step,
                       std::string_view column = "step");

// Writes the rows of all parts, in the given order, under the header they share. Atomic.
// Throws InputError when a part is missing, incomplete or has another header.
void join_tables(const std::vector<std::filesystem::path>& parts,
                 const std::filesystem::path& whole);

}  // namespace dualtape::lab
