#include "experiments/lab/task_tables.h"

#include <algorithm>
#include <string>

#include "experiments/lab/errors.h"
#include "experiments/lab/files.h"
#include "experiments/lab/table.h"

namespace dualtape::lab {

std::int64_t cut_table(const std::filesystem::path& path, std::int64_t step,
                       std::string_view column) {
    if (!std::filesystem::exists(path)) return 0;
    const std::string text = read_file(path);
    if (text.find('\n') == std::string::npos) {
        std::filesystem::remove(path);
        return 0;
    }
    const std::vector<double> steps = read_table(path).numbers(column);
    const auto is_kept = [&](double at) { return at <= static_cast<double>(step); };
    const auto num_kept = std::find_if_not(steps.begin(), steps.end(), is_kept) - steps.begin();

    std::size_t end = text.find('\n') + 1;
    for (auto i = num_kept; i > 0; --i) end = text.find('\n', end) + 1;
    // A shorter length is one step for the file system: no moment without the rows kept.
    if (end != text.size()) std::filesystem::resize_file(path, end);
    return num_kept;
}

void join_tables(const std::vector<std::filesystem::path>& parts,
                 const std::filesystem::path& whole) {
    std::string header, rows;
    for (const std::filesystem::path& part : parts) {
        const std::string text = read_file(part);
        if (text.empty() || text.back() != '\n')
            throw InputError(part.string(), "the table is incomplete",
                             "repeat the run with --force");
        const std::size_t header_end = text.find('\n') + 1;
        if (header.empty()) header = text.substr(0, header_end);
        if (text.compare(0, header_end, header) != 0)
            throw InputError(part.string(), "its columns differ from " + parts.front().string(),
                             "another version wrote one of them; repeat the run with --force");
        rows.append(text, header_end);
    }
    write_atomically(whole, header + rows);
}

}  // namespace dualtape::lab
