// Files: atomic writes, appends and what a full disk does to them.
#include <sys/resource.h>

#include <csignal>

#include <doctest/doctest.h>

#include "experiments/lab/files.h"
#include "experiments/lab/sha256.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;

namespace {

// No file may grow beyond `bytes` while this lives: writes fail as on a full disk, with EFBIG.
class SizeLimit {
  public:
    explicit SizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &old_);
        const rlimit limit{bytes, old_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~SizeLimit() {
        setrlimit(RLIMIT_FSIZE, &old_);
        std::signal(SIGXFSZ, old_handler_);
    }
    SizeLimit(const SizeLimit&) = delete;
    SizeLimit& operator=(const SizeLimit&) = delete;

  private:
    rlimit old_{};
    void (*old_handler_)(int);
};

int num_entries(const std::filesystem::path& folder) {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
    return count;
}

}  // namespace

TEST_CASE("an atomic write replaces the file and leaves nothing else") {
    TemporaryFolder folder;
    write_atomically(folder / "a.txt", "one");
    write_atomically(folder / "a.txt", "two");
    CHECK(read_file(folder / "a.txt") == "two");
    CHECK(num_entries(folder.path) == 1);
}

TEST_CASE("an atomic write onto a full disk leaves the old file as it was") {
    TemporaryFolder folder;
    write_atomically(folder / "a.txt", "old");
    std::string message;
    {
        const SizeLimit limit(1000);
        message = refusal([&] { write_atomically(folder / "a.txt", std::string(5000, 'x')); });
    }
    CHECK(message == (folder / "a.txt").string() +
                         ": cannot be written: File too large | make room, then repeat the command "
                         "with --resume");
    CHECK(read_file(folder / "a.txt") == "old");
    CHECK(num_entries(folder.path) == 1);
}

TEST_CASE("a full disk is an error of the run, not of the command") {
    if (!std::filesystem::exists("/dev/full")) return;
    AppendFile file("/dev/full", AppendFile::Mode::keep);
    try {
        file.append("row\n");
        FAIL("/dev/full accepted a row");
    } catch (const InputError& error) {
        CHECK(error.exit_code() == 1);
        CHECK(std::string(error.what()) ==
              "/dev/full: cannot be extended: No space left on device");
    }
}

TEST_CASE("an append onto a full disk leaves only whole rows") {
    TemporaryFolder folder;
    AppendFile file(folder / "rows.tsv", AppendFile::Mode::truncate);
    const std::string row(99, 'x');
    int num_rows = 0;
    {
        const SizeLimit limit(1050);
        CHECK_THROWS_AS(
            while (num_rows < 100) {
                file.append(row + "\n");
                ++num_rows;
            },
            InputError);
    }
    CHECK(num_rows == 10);
    CHECK(std::filesystem::file_size(folder / "rows.tsv") == 1000);
    file.append(row + "\n");  // there is room again
    file.close();
    CHECK(std::filesystem::file_size(folder / "rows.tsv") == 1100);
}

TEST_CASE("a file that is missing or a folder is refused by name") {
    TemporaryFolder folder;
    CHECK(refusal([&] { read_file(folder / "no"); }) ==
          (folder / "no").string() +
              ": cannot be read: No such file or directory | check the path");
    CHECK(refusal([&] { read_file(folder.path); }) ==
          folder.path.string() + ": is a folder, not a file | name a file");
}

TEST_CASE("a folder below a file cannot be created") {
    TemporaryFolder folder;
    spit(folder / "file", "");
    CHECK(refusal([&] { create_folder(folder / "file/inner"); }).find("--out DIR") !=
          std::string::npos);
}

// Known answers: FIPS 180-4 examples and one million times "a".
TEST_CASE("SHA-256 gives the published digests") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    Sha256 hash;
    for (int i = 0; i < 1000; ++i) hash.update(std::string(1000, 'a'));
    CHECK(hash.hex() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
