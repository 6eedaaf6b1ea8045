#include "experiments/lab/files.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "experiments/lab/errors.h"

namespace dualtape::lab {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::string& action, int error) {
    std::string hint = "check the folder and its permissions";
    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        hint = "make room on the disk, and repeat the command";
    if (error == EACCES || error == EPERM || error == EROFS)
        hint = "choose a place that you may write to";
    throw InputError(path.string(), action + ": " + std::strerror(error), hint,
                     InputError::Kind::run);
}

// Returns 0 or the error.
int write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

// Pipes and /dev/full cannot be flushed: not an error.
int flush(int descriptor) {
    if (::fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP) return 0;
    return errno;
}

// Makes a rename last. A file system that cannot flush folders is no reason to stop.
void flush_folder(const fs::path& folder) {
    const int descriptor =
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fsync(descriptor);
    ::close(descriptor);
}

std::string kind_of(mode_t mode) {
    if (S_ISREG(mode)) return "";
    if (S_ISDIR(mode)) return "a folder";
    if (S_ISFIFO(mode)) return "a pipe";
    return S_ISSOCK(mode) ? "a socket" : "a device";
}

[[noreturn]] void refuse_special(const fs::path& path, const std::string& kind,
                                 const std::string& hint) {
    throw InputError(path.string(), "is " + kind + ", not a file",
                     kind == "a folder" ? "name a file" : hint);
}

// Where the links of a path end, which need not exist. A circle of links is left as it is.
fs::path behind_links(fs::path path) {
    constexpr int kMaxLinks = 40;  // as in Linux
    std::error_code error;
    for (int i = 0; i < kMaxLinks && fs::is_symlink(path, error); ++i) {
        const fs::path target = fs::read_symlink(path, error);
        if (error) break;
        path = path.parent_path() / target;  // an absolute target replaces the whole
    }
    return path;
}

constexpr std::string_view kPartial = ".part";

}  // namespace

void write_atomically(const fs::path& path, std::string_view bytes) {
    const fs::path target = behind_links(path);
    struct stat there = {};
    const bool is_there = ::stat(target.c_str(), &there) == 0;
    if (!is_there && errno != ENOENT) fail(path, "cannot be written", errno);
    if (is_there && !S_ISREG(there.st_mode)) {
        refuse_special(path, kind_of(there.st_mode), "write into a file");
    }
    const fs::path temporary = target.string() + std::string(kPartial) + std::to_string(::getpid());
    ::unlink(temporary.c_str());  // of an earlier process with this number
    const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) fail(path, "cannot be written", errno);
    int error = write_all(descriptor, bytes);
    if (is_there) {
        // Only root may give a file away; a change of owner takes away special bits of the mode.
        [[maybe_unused]] const int ignored = ::fchown(descriptor, there.st_uid, there.st_gid);
        if (::fchmod(descriptor, there.st_mode & 07777) != 0 && error == 0) error = errno;
    }
    if (error == 0) error = flush(descriptor);
    if (::close(descriptor) != 0 && error == 0) error = errno;
    if (error == 0 && ::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
    if (error != 0) {
        ::unlink(temporary.c_str());
        fail(path, "cannot be written", error);
    }
    flush_folder(target.parent_path());
}

std::string partial_of(const std::string& name) {
    const std::size_t at = name.rfind(kPartial);
    const std::size_t digits = at + kPartial.size();
    const bool is_partial = at != std::string::npos && at > 0 && digits < name.size() &&
                            name.find_first_not_of("0123456789", digits) == std::string::npos;
    return is_partial ? name.substr(0, at) : "";
}

bool is_abandoned_part(const fs::path& path) {
    const std::string name = path.filename().string();
    const std::string whole = partial_of(name);
    std::error_code ignored;
    if (whole.empty() || !fs::is_regular_file(fs::symlink_status(path, ignored))) return false;
    const long process = std::atol(name.c_str() + whole.size() + kPartial.size());
    return ::kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH;
}

void remove_abandoned_parts(const fs::path& path) {
    const fs::path target = behind_links(path);
    const fs::path folder = target.has_parent_path() ? target.parent_path() : ".";
    std::error_code ignored;
    std::vector<fs::path> abandoned;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
        const fs::path& part = entry.path();
        if (partial_of(part.filename().string()) != target.filename().string()) continue;
        if (is_abandoned_part(part)) abandoned.push_back(part);
    }
    for (const fs::path& part : abandoned) fs::remove(part, ignored);
}

std::string special_file(const fs::path& path) {
    struct stat there = {};
    return ::stat(path.c_str(), &there) == 0 ? kind_of(there.st_mode) : "";
}

std::string read_file(const fs::path& path, std::int64_t most) {
    const auto refuse = [&](int error) {
        throw InputError(path.string(), std::string("cannot be read: ") + std::strerror(error),
                         "check the path");
    };
    const auto check_size = [&](std::int64_t size) {
        if (size <= most) return;
        throw InputError(path.string(),
                         "has more than " + std::to_string(most) +
                             " bytes, too "
                             "many for what it should be",
                         "check the path");
    };
    // Without waiting for the other end of a pipe.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) refuse(errno);
    const std::unique_ptr<const int, void (*)(const int*)> closer(
        &descriptor, [](const int* open) { ::close(*open); });
    struct stat status = {};
    if (::fstat(descriptor, &status) != 0) refuse(errno);
    if (!S_ISREG(status.st_mode)) {
        refuse_special(path, kind_of(status.st_mode),
                       "store what it gives in a file, and name that");
    }
    check_size(status.st_size);
    // To the end, wherever that is: files of /proc have no size before. One byte more than the
    // size, for the end to be found without growing.
    std::string bytes(static_cast<std::size_t>(status.st_size) + 1, '\0');
    std::size_t length = 0;
    for (;;) {
        if (length == bytes.size()) bytes.resize(length + 4096);
        const ssize_t count = ::read(descriptor, bytes.data() + length, bytes.size() - length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) refuse(errno);
        if (count == 0) break;
        length += static_cast<std::size_t>(count);
        check_size(static_cast<std::int64_t>(length));
    }
    bytes.resize(length);
    return bytes;
}

std::string read_file(const fs::path& path) {
    return read_file(path, std::numeric_limits<std::int64_t>::max());
}

AppendFile::AppendFile(const fs::path& path, Mode mode) : path_(path) {
    const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    descriptor_ = ::open(path.c_str(), mode == Mode::truncate ? flags | O_TRUNC : flags, 0666);
    if (descriptor_ < 0) fail(path_, "cannot be written", errno);
    const off_t end = ::lseek(descriptor_, 0, SEEK_END);
    bytes_ = end > 0 ? end : 0;
}

AppendFile::~AppendFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      bytes_(other.bytes_) {}

AppendFile& AppendFile::operator=(AppendFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

void AppendFile::append(std::string_view rows) {
    const int error = write_all(descriptor_, rows);
    if (error != 0) {
        // Nothing more can be done when this fails too; a resumed run drops a partial row.
        [[maybe_unused]] const int ignored = ::ftruncate(descriptor_, bytes_);
        fail(path_, "cannot be extended", error);
    }
    bytes_ += static_cast<std::int64_t>(rows.size());
}

void AppendFile::sync() {
    if (const int error = flush(descriptor_)) fail(path_, "cannot be flushed to disk", error);
}

void AppendFile::close() {
    if (descriptor_ < 0) return;
    sync();
    if (::close(std::exchange(descriptor_, -1)) != 0) fail(path_, "cannot be closed", errno);
}

void create_folder(const fs::path& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (!error && !fs::is_directory(path)) error = std::make_error_code(std::errc::file_exists);
    if (!error) return;
    throw InputError(path.string(), "the folder cannot be created: " + error.message(),
                     "choose a folder that you may write to with --out DIR");
}

}  // namespace dualtape::lab
