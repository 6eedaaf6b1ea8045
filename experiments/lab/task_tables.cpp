#include "experiments/lab/task_tables.h"

#include <string>

#include "experiments/lab/errors.h"
#include "experiments/lab/files.h"

namespace dualtape::lab {

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
