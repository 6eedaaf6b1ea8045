#include "experiments/lab/run_files.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <sstream>
#include <string_view>

#include "experiments/lab/errors.h"
#include "experiments/lab/files.h"

namespace dualtape::lab {

namespace {

namespace fs = std::filesystem;

bool is_one_of(const std::string& word, std::initializer_list<const char*> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// STEM and digits: "step-00000100".
bool is_numbered(const std::string& name, std::string_view stem) {
    return name.size() > stem.size() && name.starts_with(stem) &&
           name.find_first_not_of("0123456789", stem.size()) == std::string::npos;
}

// "" when it cannot be read.
std::string text_of(const fs::path& file) {
    try {
        return fs::exists(file) ? read_file(file) : "";
    } catch (const InputError&) {
        return "";
    }
}

bool is_listed(const fs::path& list, const std::string& name) {
    std::istringstream lines(text_of(list));
    for (std::string line; std::getline(lines, line);) {
        if (line == name) return true;
    }
    return false;
}

bool is_checkpoint(const fs::path& relative) {
    const std::string stem = relative.stem().string();
    const auto depth = std::distance(relative.begin(), relative.end());
    return depth <= 3 && relative.extension() == ".safetensors" &&
           (is_numbered(stem, "step-") || is_numbered(stem, "curvature-"));
}

}  // namespace

// The script of a figure says in its first line what it draws (figure_script.cpp). One that was
// being written when its process was killed says nothing yet.
bool is_drawn_figure(const fs::path& folder, const fs::path& relative) {
    const std::string whole = partial_of(relative.filename().string());
    const fs::path file = whole.empty() ? relative : fs::path(relative).replace_filename(whole);
    const std::string ending = file.extension().string();
    if (!is_one_of(ending, {".gp", ".tsv", ".svg", ".png", ".pdf"})) return false;
    if (!whole.empty() && ending == ".gp") return true;
    const fs::path script = fs::path(file).replace_extension(".gp");
    return text_of(folder / script).starts_with("# Draws " + file.stem().string() + ".");
}

RunFiles::RunFiles(fs::path folder, std::vector<std::string> tables)
    : folder_(std::move(folder)), tables_(std::move(tables)) {}

bool RunFiles::is_table(const std::string& name) const {
    return std::find(tables_.begin(), tables_.end(), name) != tables_.end();
}

bool RunFiles::is_top_file(const std::string& name) const {
    const fs::path file = name;
    const bool is_data = file.extension() == ".safetensors" &&
                         (file.stem() == "data" || is_numbered(file.stem().string(), "data-seed"));
    return is_data || is_table(name) ||
           is_one_of(name,
                     {"config.toml", "manifest.json", "log.txt", "report.html", "DONE", "FAILED"});
}

// Of an analysis: "spectrum-depth2-seed0-step-00000100/figures/density.svg".
bool RunFiles::is_result(const fs::path& relative) const {
    const fs::path top = *relative.begin();
    const std::string name = relative.lexically_relative(top).generic_string();
    const fs::path list = folder_ / top / kResultsList;
    if (fs::exists(list)) return name == kResultsList || is_listed(list, name);
    const std::string analysis = top.string().substr(0, top.string().find('-'));
    if (!is_one_of(analysis, {"spectrum", "fourier", "ablate", "probe"})) return false;
    if (name.starts_with("figures/")) return is_drawn_figure(folder_, relative);
    return is_one_of(name, {"config.toml", "report.html"}) || is_table(name);
}

bool RunFiles::contains(const fs::path& relative) const {
    const std::string name = relative.filename().string();
    const std::string top = relative.begin()->string();
    if (top == "figures") return is_drawn_figure(folder_, relative);
    const std::string whole = partial_of(name);
    if (!whole.empty()) return contains(fs::path(relative).replace_filename(whole));
    if (top == name) return is_top_file(name);
    if (top == "checkpoints") return is_checkpoint(relative) || is_table(name);
    return is_result(relative);
}

std::vector<fs::path> RunFiles::all() const {
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_)) {
        if (entry.is_directory() && !entry.is_symlink()) continue;
        const fs::path relative = entry.path().lexically_relative(folder_);
        if (contains(relative)) files.push_back(relative);
    }
    return files;
}

void RunFiles::remove_abandoned_parts() const {
    for (const fs::path& relative : all()) {
        if (is_abandoned_part(folder_ / relative)) fs::remove(folder_ / relative);
    }
}

}  // namespace dualtape::lab
