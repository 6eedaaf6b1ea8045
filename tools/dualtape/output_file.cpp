#include "tools/dualtape/output_file.h"

#include "experiments/lab/errors.h"
#include "experiments/lab/files.h"
#include "experiments/lab/run_files.h"

namespace dualtape::tools {

namespace fs = std::filesystem;
using lab::InputError;

void check_output(const fs::path& path, const fs::path& run, const std::vector<fs::path>& inputs,
                  bool is_forced) {
    constexpr const char* kOther = "choose another file";
    const fs::path folder = path.has_parent_path() ? path.parent_path() : ".";
    if (!path.has_filename() || !fs::is_directory(folder)) {
        throw InputError(path.string(), "there is no folder for it", "create " + folder.string());
    }
    const std::string special = lab::special_file(path);
    if (!special.empty()) throw InputError(path.string(), "is " + special + ", not a file", kOther);
    if (fs::exists(path)) {
        for (const fs::path& input : inputs) {
            if (fs::exists(input) && fs::equivalent(path, input)) {
                throw InputError(path.string(), "is read for this: it is " + input.string(),
                                 kOther);
            }
        }
        const fs::path inside = fs::canonical(path).lexically_relative(fs::canonical(run));
        if (*inside.begin() != ".." && lab::RunFiles(run, {}).contains(inside)) {
            throw InputError(path.string(), "belongs to the run " + run.string(), kOther);
        }
        if (fs::hard_link_count(path) > 1) {
            throw InputError(path.string(), "has further names, which would lose it", kOther);
        }
        if (!is_forced) {
            throw InputError(path.string(), "exists already",
                             "choose another file, or replace it with --force");
        }
    }
    lab::remove_abandoned_parts(path);
}

}  // namespace dualtape::tools
