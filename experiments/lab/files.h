#pragma once
// Files that are whole or not there: atomic writes, and appends that a full disk cannot damage.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace dualtape::lab {

// Writes a temporary file in the same folder, flushes it to disk, renames it over `path` and
// flushes the folder. A reader sees the old bytes or the new ones, never a mixture, whenever the
// process dies. A link stays a link: the file it leads to is written. A file that is there keeps
// its mode and, where the system permits, its owner. Throws InputError: of kind usage when
// something else than a file is there, of kind run when it cannot be written (disk full, no
// permission); then everything is as it was.
void write_atomically(const std::filesystem::path& path, std::string_view bytes);

// NAME of "NAME.part123", as process 123 calls the temporary file of NAME; "" for other names.
std::string partial_of(const std::string& name);
// True for such a file whose process is gone: it was killed while it wrote.
bool is_abandoned_part(const std::filesystem::path& path);
// Removes what killed processes have left of writing `path`.
void remove_abandoned_parts(const std::filesystem::path& path);

// "a folder", "a pipe", "a device" or "a socket", links followed; "" for a file and for nothing.
std::string special_file(const std::filesystem::path& path);

// The bytes of a file. What is no file and may wait or never end, a pipe or a device, is refused;
// so is one of more than `most` bytes. Throws InputError of kind usage.
std::string read_file(const std::filesystem::path& path, std::int64_t most);
std::string read_file(const std::filesystem::path& path);  // of any size

// A file that grows row by row. Each append is one row or block of rows and is handed to the
// system at once, so it survives a crash of the program. When the disk is full the part already
// written is taken back, so the file ends after a complete row, and InputError (run) is thrown.
class AppendFile {
  public:
    enum class Mode { truncate, keep };

    AppendFile(const std::filesystem::path& path, Mode mode);
    ~AppendFile();  // closes without flushing to disk
    AppendFile(AppendFile&& other) noexcept;
    AppendFile& operator=(AppendFile&& other) noexcept;

    void append(std::string_view rows);
    void sync();   // returns once the rows are on disk
    void close();  // sync, then close; errors are thrown
    std::int64_t bytes() const { return bytes_; }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
    int descriptor_ = -1;
    std::int64_t bytes_ = 0;
};

// Creates the folder and its parents; throws InputError (usage) with the remedy when it cannot.
void create_folder(const std::filesystem::path& path);

}  // namespace dualtape::lab
