#include "experiments/lab/table_marks.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "experiments/lab/errors.h"
#include "experiments/lab/files.h"

namespace dualtape::lab {

namespace {

namespace fs = std::filesystem;

struct Mark {
    std::size_t bytes = 0;
    std::string digest;
};

// By the name of the table. What is no list of marks becomes one that no table can meet.
std::map<std::string, Mark> parse(const std::string& text) {
    std::map<std::string, Mark> marks;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream cells(line);
        std::string name;
        Mark mark;
        std::getline(cells, name, '\t');
        cells >> mark.bytes >> mark.digest;
        marks[name] = mark;
    }
    return marks;
}

// Throws unless the table starts with the bytes of its mark.
void check(const fs::path& table, const Mark& mark) {
    constexpr const char* kHint = "put the table back as it was, or start again with --force";
    const std::string bytes = fs::exists(table) ? read_file(table) : "";
    if (bytes.size() < mark.bytes) {
        throw InputError(table.string(),
                         "holds " + std::to_string(bytes.size()) + " bytes of the " +
                             std::to_string(mark.bytes) + " that the checkpoint stands on",
                         kHint);
    }
    if (sha256_hex(std::string_view(bytes).substr(0, mark.bytes)) != mark.digest) {
        throw InputError(table.string(), "was changed in rows that the checkpoint stands on",
                         kHint);
    }
}

}  // namespace

TableMarks::TableMarks(const std::vector<fs::path>& tables) {
    for (const fs::path& table : tables) tables_.push_back({.path = table});
}

std::string TableMarks::text() {
    std::string text;
    for (Growing& table : tables_) {
        std::ifstream file(table.path, std::ios::binary);
        if (!file) continue;
        file.seekg(static_cast<std::streamoff>(table.bytes));
        std::ostringstream added;
        added << file.rdbuf();
        table.digest.update(added.str());
        table.bytes += added.str().size();
        text += table.path.filename().string() + '\t' + std::to_string(table.bytes) + '\t' +
                Sha256(table.digest).hex() + '\n';
    }
    return text;
}

void TableMarks::cut_back(const std::string& text) {
    const std::map<std::string, Mark> marks = parse(text);
    for (const auto& [name, mark] : marks) {
        const auto known =
            std::find_if(tables_.begin(), tables_.end(), [&, &name = name](const Growing& table) {
                return table.path.filename().string() == name;
            });
        if (known == tables_.end()) {
            throw InputError("the checkpoint",
                             "stands on a table \"" + name + "\" of other settings",
                             "start again with --force");
        }
        check(known->path, mark);
    }
    for (Growing& table : tables_) {
        const auto mark = marks.find(table.path.filename().string());
        if (mark == marks.end()) {
            fs::remove(table.path);
        } else if (fs::file_size(table.path) != mark->second.bytes) {
            fs::resize_file(table.path, mark->second.bytes);
        }
        table = {.path = table.path};
    }
}

}  // namespace dualtape::lab
