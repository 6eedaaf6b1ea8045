#include "tools/dualtape/results_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "experiments/lab/errors.h"
#include "experiments/lab/files.h"
#include "experiments/lab/run_files.h"

namespace dualtape::tools {

namespace fs = std::filesystem;
using lab::InputError;

namespace {

// Exchanges two folders of one file system in a single step, or moves `from` to a free place.
// Returns 0 or the error.
int put_in_place(const fs::path& from, const fs::path& to) {
    if (!fs::exists(to)) return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
#ifdef RENAME_EXCHANGE
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno;
#endif
    // Where the system has no exchange: for a moment only the third name is there.
    const fs::path third = from.string() + "-replaced";
    if (::rename(to.c_str(), third.c_str()) != 0) return errno;
    if (::rename(from.c_str(), to.c_str()) != 0) {
        const int error = errno;
        ::rename(third.c_str(), to.c_str());
        return error;
    }
    return ::rename(third.c_str(), from.c_str()) == 0 ? 0 : errno;
}

std::vector<fs::path> files_below(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
        if (!entry.is_directory() || entry.is_symlink()) {
            files.push_back(entry.path().lexically_relative(folder));
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

fs::path results_path(const study::OpenedRun& run, const std::string& training,
                      const fs::path& place, const std::string& name, const fs::path& out) {
    if (!out.empty()) return out;
    fs::path path = run.folder() / name;
    if (run.is_single()) path += "-" + training + "-" + place.stem().string();
    return path;
}

ResultsFolder::ResultsFolder(fs::path out, std::vector<std::string> tables, bool is_forced)
    : out_(std::move(out)), known_(std::move(tables)) {
    target_ = fs::weakly_canonical(fs::absolute(out_)).lexically_normal();
    if (!target_.has_filename()) target_ = target_.parent_path();
    if (fs::is_symlink(target_)) {  // others have been followed
        throw InputError(out_.string(), "is a link that leads nowhere",
                         "choose another place with --out");
    }
    work_ = target_.string() + "-unfinished";
    known_.insert(known_.end(), {"config.toml", "report.html", lab::kResultsList});
    if (fs::exists(target_) && !fs::is_directory(target_)) {
        throw InputError(out_.string(), "is there and is no folder",
                         "choose another place with --out");
    }
    check(target_);
    if (!is_forced && fs::exists(target_) && !fs::is_empty(target_)) {
        throw InputError(out_.string(), "holds results already",
                         "replace them with --force, or choose another folder with --out");
    }
    check(work_);
    lab::create_folder(work_);
    lock();
    remove(work_);
    lab::create_folder(work_);
}

ResultsFolder::~ResultsFolder() {
    if (lock_descriptor_ >= 0) ::close(lock_descriptor_);
}

bool ResultsFolder::is_result(const fs::path& folder, const fs::path& relative) const {
    if (*relative.begin() == "figures") return lab::is_drawn_figure(folder, relative);
    const std::string name = relative.filename().string(), whole = lab::partial_of(name);
    const fs::path file = whole.empty() ? relative : fs::path(relative).replace_filename(whole);
    return std::find(known_.begin(), known_.end(), file.string()) != known_.end();
}

void ResultsFolder::check(const fs::path& folder) const {
    if (!fs::exists(folder)) return;
    for (const fs::path& file : files_below(folder)) {
        if (is_result(folder, file)) continue;
        throw InputError(folder == target_ ? out_.string() : folder.string(),
                         "holds " + file.string() + ", which is no result of this kind",
                         "choose another folder with --out");
    }
}

// On the folder itself, as that of a run: the system takes it back however the process ends.
void ResultsFolder::lock() {
    lock_descriptor_ = ::open(work_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    // A file system without locks is used without one.
    if (lock_descriptor_ < 0 || ::flock(lock_descriptor_, LOCK_EX | LOCK_NB) == 0 ||
        errno != EWOULDBLOCK) {
        return;
    }
    ::close(std::exchange(lock_descriptor_, -1));
    throw InputError(out_.string(), "another process is making results for it",
                     "wait until it ends, or choose another folder with --out");
}

// What has come since it was checked, and the folder with it, stays. Scripts of figures go last:
// they tell whose the other files of a figure are, should this be killed halfway.
void ResultsFolder::remove(const fs::path& folder) const {
    std::vector<fs::path> results = files_below(folder);
    std::erase_if(results, [&](const fs::path& file) { return !is_result(folder, file); });
    std::stable_partition(results.begin(), results.end(),
                          [](const fs::path& file) { return file.extension() != ".gp"; });
    for (const fs::path& file : results) fs::remove(folder / file);
    std::error_code ignored;
    fs::remove(folder / "figures", ignored);
}

fs::path ResultsFolder::complete() {
    std::string list;
    for (const fs::path& file : files_below(work_)) list += file.generic_string() + '\n';
    lab::write_atomically(work_ / lab::kResultsList, list + lab::kResultsList + '\n');
    if (const int error = put_in_place(work_, target_)) {
        throw InputError(out_.string(), std::string("cannot be replaced: ") + std::strerror(error),
                         "the new results are in " + work_.string(), InputError::Kind::run);
    }
    if (fs::exists(work_)) {
        remove(work_);
        std::error_code ignored;
        fs::remove(work_, ignored);
    }
    return out_ / "report.html";
}

std::string interruption(const ResultsFolder& results) {
    return "interrupted: " + results.path().string() + " holds the rows of what was finished" +
           (fs::exists(results.place()) ? "; " + results.place().string() + " is as it was" : "");
}

}  // namespace dualtape::tools
