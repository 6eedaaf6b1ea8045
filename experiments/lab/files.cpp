#include "experiments/lab/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "experiments/lab/errors.h"

namespace dualtape::lab {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::string& action, int error) {
    std::string hint = "check the folder and its permissions";
    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        hint = "make room, then repeat the command with --resume";
    if (error == EACCES || error == EPERM || error == EROFS)
        hint = "choose a folder that you may write to with --out DIR";
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

}  // namespace

void write_atomically(const fs::path& path, std::string_view bytes) {
    const fs::path temporary = path.string() + ".part" + std::to_string(::getpid());
    const int descriptor =
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0) fail(path, "cannot be written", errno);
    int error = write_all(descriptor, bytes);
    if (error == 0) error = flush(descriptor);
    if (::close(descriptor) != 0 && error == 0) error = errno;
    if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
    if (error != 0) {
        ::unlink(temporary.c_str());
        fail(path, "cannot be written", error);
    }
    flush_folder(path.parent_path());
}

std::string read_file(const fs::path& path) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored))
        throw InputError(path.string(), "is a folder, not a file", "name a file");
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in)
        throw InputError(path.string(),
                         "cannot be read: " + std::string(std::strerror(errno ? errno : EIO)),
                         "check the path");
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
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
        // Nothing more can be done when this fails too; cut_table drops a partial row on resume.
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
