#include "tools/dualtape/results_folder.h"

#include "experiments/lab/errors.h"
#include "experiments/lab/files.h"

namespace dualtape::tools {

namespace fs = std::filesystem;
using lab::InputError;

void prepare_results(const fs::path& out, const std::string& mark, bool is_forced) {
    if (fs::exists(out)) {
        if (!fs::is_directory(out) || (!fs::exists(out / mark) && !fs::is_empty(out))) {
            throw InputError(out.string(), "is there and holds something else",
                             "choose another folder with --out");
        }
        if (!is_forced && !fs::is_empty(out)) {
            throw InputError(out.string(), "holds results already",
                             "replace them with --force, or choose another folder with --out");
        }
        fs::remove_all(out);
    }
    lab::create_folder(out);
}

}  // namespace dualtape::tools
