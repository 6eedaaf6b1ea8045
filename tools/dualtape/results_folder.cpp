#include "tools/dualtape/results_folder.h"

#include <algorithm>

#include "experiments/lab/errors.h"
#include "experiments/lab/files.h"

namespace dualtape::tools {

namespace fs = std::filesystem;
using lab::InputError;

fs::path results_path(const setups::OpenedRun& run, const std::string& training,
                      const fs::path& place, const std::string& name, const fs::path& out) {
    if (!out.empty()) return out;
    fs::path path = run.folder() / name;
    if (run.is_single()) path += "-" + training + "-" + place.stem().string();
    return path;
}

void prepare_results(const fs::path& out, const std::vector<std::string>& tables, bool is_forced) {
    if (!fs::exists(out)) {
        lab::create_folder(out);
        return;
    }
    if (!fs::is_directory(out)) {
        throw InputError(out.string(), "is there and is no folder",
                         "choose another place with --out");
    }
    std::vector<std::string> known = tables;
    known.insert(known.end(), {"config.toml", "report.html", "figures"});
    std::vector<fs::path> earlier;
    for (const fs::directory_entry& entry : fs::directory_iterator(out)) {
        const std::string name = entry.path().filename().string();
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            throw InputError(out.string(), "holds " + name + ", which is no result of this kind",
                             "choose another folder with --out");
        }
        earlier.push_back(entry.path());
    }
    if (!earlier.empty() && !is_forced) {
        throw InputError(out.string(), "holds results already",
                         "replace them with --force, or choose another folder with --out");
    }
    for (const fs::path& result : earlier) fs::remove_all(result);
}

}  // namespace dualtape::tools
