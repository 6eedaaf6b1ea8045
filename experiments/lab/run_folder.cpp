#include "experiments/lab/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "experiments/lab/errors.h"
#include "experiments/lab/files.h"
#include "experiments/lab/log.h"
#include "experiments/lab/manifest.h"
#include "experiments/lab/run_files.h"
#include "experiments/lab/sha256.h"
#include "experiments/lab/toml.h"

namespace dualtape::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCheckpointStem = "step-";
constexpr std::string_view kCheckpointEnding = ".safetensors";
constexpr int kLockAttempts = 40;  // over two seconds

// A config.toml with every setting of this program: what it writes when a run starts.
bool holds_settings(const fs::path& config, const Options& options) {
    try {
        const toml::Document document = toml::read(config);
        return std::all_of(options.all().begin(), options.all().end(), [&](const Option& option) {
            return document.find(option.group(), option.key()) != nullptr;
        });
    } catch (const InputError&) {
        return false;
    }
}

// The text of the first setting that differs from the file, with both values; "" when none does.
std::string first_difference(const fs::path& config, const Options& options) {
    const toml::Document document = toml::read(config);
    for (const Option& option : options.all()) {
        if (!option.changes_results()) continue;
        const toml::Entry* entry = document.find(option.group(), option.key());
        const std::string then = entry ? toml::write(entry->value) : "not set";
        const std::string now = option.toml_value();
        if (then != now) return option.key() + " was " + then + " and is now " + now;
    }
    return "";
}

// A manifest of ours; the settings of this program; or the little that stands there before the
// first of them is written.
bool is_run_folder(const fs::path& folder, const RunFiles& own, const Options& options) {
    if (is_manifest(folder / "manifest.json")) return true;
    if (holds_settings(folder / "config.toml", options)) return true;
    return std::all_of(begin(fs::directory_iterator(folder)), end(fs::directory_iterator()),
                       [&](const fs::directory_entry& entry) {
                           const std::string name = entry.path().filename().string();
                           return name == "log.txt" || name == "DONE" || name == "FAILED" ||
                                  (!partial_of(name).empty() && own.contains(name));
                       });
}

// How an unfinished or failed run can be taken up again.
std::string way_out(const fs::path& folder) {
    return fs::exists(folder / "config.toml") ? "--resume goes on with it, --force starts anew"
                                              : "--force starts anew";
}

std::string default_name(const RunRequest& request, const std::string& hash) {
    return request.time + "-" + request.recipe + "-s" + std::to_string(request.seed) + "-" +
           hash.substr(0, 8);
}

// A new folder below root; a second one of the same second gets the next free number.
fs::path create_default_folder(const RunRequest& request, const std::string& hash) {
    const fs::path parent = request.root / request.program;
    create_folder(parent);
    const std::string name = default_name(request, hash);
    for (int i = 1;; ++i) {
        const fs::path path = parent / (i == 1 ? name : name + "-" + std::to_string(i));
        std::error_code error;
        if (fs::create_directory(path, error)) return path;
        if (error) create_folder(path);  // throws with the remedy
    }
}

void check_task_name(std::string_view task) {
    const auto is_allowed = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
    };
    if (!std::all_of(task.begin(), task.end(), is_allowed) || task == "." || task == "..")
        throw std::invalid_argument("task name \"" + std::string(task) +
                                    "\": letters, digits, - _ . only");
}

}  // namespace

std::string settings_hash(std::string_view program, const Options& options) {
    return sha256_hex(std::string(program) + "\n" + options.canonical());
}

fs::path find_unfinished(const RunRequest& request, const Options& options) {
    const fs::path parent = request.root / request.program;
    fs::path newest;
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored)) {
        const fs::path& folder = entry.path();
        if (!fs::exists(folder / "config.toml", ignored) || fs::exists(folder / "DONE", ignored))
            continue;
        // Names start with the time.
        if (folder.filename() < newest.filename()) continue;
        try {
            if (first_difference(folder / "config.toml", options).empty()) newest = folder;
        } catch (const InputError&) {
            // A damaged config.toml: not a run that could be resumed.
        }
    }
    return newest;
}

void check_resumable(const fs::path& folder) {
    if (fs::exists(folder / "config.toml")) return;
    const bool is_empty = !fs::exists(folder) || fs::is_empty(folder);
    throw InputError(folder.string(),
                     is_empty ? "holds no run to resume"
                              : "holds no config.toml, the settings of the run to resume",
                     is_empty ? "leave out --resume to start one"
                              : "--force in place of --resume starts anew, if it is a run; --out "
                                "DIR chooses another folder");
}

RunFolder::RunFolder(const RunRequest& request, const Options& options)
    : path_(request.out), settings_hash_(lab::settings_hash(request.program, options)) {
    // Step 1. The folder is there afterwards, perhaps with an earlier run in it.
    if (path_.empty() && request.resume) {
        path_ = find_unfinished(request, options);
        if (path_.empty())
            throw InputError("--resume",
                             "no unfinished run with these settings below " +
                                 (request.root / request.program).string(),
                             "leave out --resume to start one, or name its folder with --out DIR");
    } else if (path_.empty()) {
        path_ = create_default_folder(request, settings_hash_);
    } else if (request.resume) {
        check_resumable(path_);
    } else {
        create_folder(path_);
    }
    if (::access(path_.c_str(), W_OK | X_OK) != 0)
        throw InputError(path_.string(),
                         std::string("cannot be written to: ") + std::strerror(errno),
                         "choose another folder with --out DIR");

    // Step 2. Nobody else is in it.
    lock();

    // Step 3. What is in it fits the request. The lock is given back when it does not.
    try {
        const RunFiles own(path_, request.tables);
        const bool is_new = fs::is_empty(path_);
        if (!is_new && !is_run_folder(path_, own, options))
            throw InputError(path_.string(), "is not empty and holds no run",
                             "choose a new folder with --out DIR");
        if (request.resume) {
            reopen(options);
            is_resumed_ = true;
        } else if (!is_new && request.force) {
            clear(own);
        } else if (fs::exists(path_ / "DONE")) {
            throw InputError(path_.string(), "holds a finished run",
                             "--force replaces it, --out DIR chooses another folder");
        } else if (!is_new) {
            throw InputError(
                path_.string(),
                fs::exists(path_ / "FAILED") ? "holds a failed run" : "holds an unfinished run",
                way_out(path_));
        }
        own.remove_abandoned_parts();
        write_atomically(path_ / "config.toml", options.to_toml());
    } catch (...) {
        ::close(lock_descriptor_);
        throw;
    }
}

RunFolder::~RunFolder() {
    if (lock_descriptor_ >= 0) ::close(lock_descriptor_);
}

// The lock is on the folder itself: no file that could be left over. The system takes it back
// however the process ends. A file system without locks is used without one.
void RunFolder::lock() {
    lock_descriptor_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock_descriptor_ < 0)
        throw InputError(path_.string(), std::string("cannot be opened: ") + std::strerror(errno),
                         "choose another folder with --out DIR");
    // A child that a killed run has just forked keeps the lock until it executes its program.
    for (int attempt = 0; attempt < kLockAttempts; ++attempt) {
        if (::flock(lock_descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ::close(std::exchange(lock_descriptor_, -1));
    const std::int64_t process = manifest_process(path_ / "manifest.json");
    throw InputError(
        path_.string(),
        "another run is writing here" +
            (process > 0 ? " (process " + std::to_string(process) + ")" : std::string()),
        "wait until it ends, or choose another folder with --out DIR");
}

void RunFolder::reopen(const Options& options) const {
    if (fs::exists(path_ / "DONE"))
        throw InputError(path_.string(), "the run is finished, nothing is left to resume",
                         "--force repeats it, --out DIR chooses another folder");
    const std::string difference = first_difference(path_ / "config.toml", options);
    if (!difference.empty())
        throw InputError(path_.string(), "the run was started with other settings: " + difference,
                         "use the same settings (--resume --out DIR alone takes those of the "
                         "folder), or --force to start anew");
    fs::remove(path_ / "FAILED");
}

// Files of others stay, and the folders they lie in. DONE goes first: a folder that is cleared by
// half is not a finished run.
void RunFolder::clear(const RunFiles& own) const {
    fs::remove(path_ / "DONE");
    for (const fs::path& file : own.all()) fs::remove(path_ / file);
    std::vector<fs::path> folders;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path_)) {
        if (entry.is_directory() && !entry.is_symlink()) folders.push_back(entry.path());
    }
    // Inner folders come after the outer ones. Those that are not empty stay.
    std::error_code ignored;
    std::for_each(folders.rbegin(), folders.rend(),
                  [&](const fs::path& folder) { fs::remove(folder, ignored); });
}

fs::path RunFolder::file(std::string_view name) const {
    const fs::path path = path_ / name;
    create_folder(path.parent_path());
    return path;
}

fs::path RunFolder::task_file(std::string_view task, std::string_view name) const {
    check_task_name(task);
    if (task.empty()) return file(name);
    return file("checkpoints/" + std::string(task) + "/" + std::string(name));
}

fs::path RunFolder::checkpoint(std::string_view task, std::int64_t step) const {
    std::string digits = std::to_string(step);
    digits.insert(0, 8 - std::min<std::size_t>(digits.size(), 8), '0');
    const std::string name = std::string(kCheckpointStem) + digits + std::string(kCheckpointEnding);
    return task.empty() ? file("checkpoints/" + name) : task_file(task, name);
}

std::vector<Checkpoint> RunFolder::checkpoints(std::string_view task) const {
    check_task_name(task);
    return list_checkpoints(path_, task);
}

std::vector<Checkpoint> list_checkpoints(const fs::path& folder, std::string_view task) {
    std::vector<Checkpoint> found;
    std::error_code ignored;
    for (const fs::directory_entry& entry :
         fs::directory_iterator(folder / "checkpoints" / task, ignored)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(kCheckpointStem) || !name.ends_with(kCheckpointEnding)) continue;
        const char* end = name.data() + name.size() - kCheckpointEnding.size();
        std::int64_t step = 0;
        const auto parsed = std::from_chars(name.data() + kCheckpointStem.size(), end, step);
        if (parsed.ec == std::errc() && parsed.ptr == end) found.push_back({step, entry.path()});
    }
    std::sort(found.begin(), found.end(),
              [](const Checkpoint& a, const Checkpoint& b) { return a.step > b.step; });
    return found;
}

void RunFolder::mark_done() const {
    fs::remove(path_ / "FAILED");
    write_atomically(path_ / "DONE", utc_now() + "\n");
}

void RunFolder::mark_failed(std::string_view reason) const {
    fs::remove(path_ / "DONE");
    write_atomically(path_ / "FAILED", std::string(reason) + "\n");
}

}  // namespace dualtape::lab
