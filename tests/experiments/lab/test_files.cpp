// Files: atomic writes, appends and what a full disk does to them.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <utility>
#include <vector>

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
    CHECK(message ==
          (folder / "a.txt").string() +
              ": cannot be written: File too large | make room on the disk, and repeat the "
              "command");
    CHECK(read_file(folder / "a.txt") == "old");
    CHECK(num_entries(folder.path) == 1);
}

TEST_CASE("an atomic write follows links, and leaves them as they are") {
    TemporaryFolder folder;
    std::filesystem::create_directory(folder / "inner");
    spit(folder / "inner/a.txt", "old");
    std::filesystem::create_symlink("inner/a.txt", folder / "link");
    std::filesystem::create_symlink("link", folder / "second");
    std::filesystem::create_symlink("inner/new.txt", folder / "dangling");
    write_atomically(folder / "second", "two");
    CHECK(slurp(folder / "inner/a.txt") == "two");
    write_atomically(folder / "dangling", "three");
    CHECK(slurp(folder / "inner/new.txt") == "three");
    for (const char* link : {"link", "second", "dangling"}) {
        CHECK(std::filesystem::is_symlink(folder / link));
    }
    CHECK(num_entries(folder / "inner") == 2);
    std::filesystem::create_symlink("circle", folder / "circle");
    CHECK(refusal([&] { write_atomically(folder / "circle", "x"); }) != "accepted");
    CHECK(std::filesystem::is_symlink(folder / "circle"));
}

TEST_CASE("an atomic write keeps the mode of the file") {
    TemporaryFolder folder;
    for (const int mode : {0600, 0640, 0666, 0755}) {
        spit(folder / "a.txt", "old");
        REQUIRE(::chmod((folder / "a.txt").c_str(), static_cast<mode_t>(mode)) == 0);
        write_atomically(folder / "a.txt", "new");
        CHECK(static_cast<int>(std::filesystem::status(folder / "a.txt").permissions()) == mode);
        CHECK(slurp(folder / "a.txt") == "new");
    }
}

TEST_CASE("a pipe, a device, a socket and a folder are neither written nor read, and stay") {
    TemporaryFolder folder;
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    std::filesystem::create_directory(folder / "inner");
    std::filesystem::create_symlink("pipe", folder / "link");
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);  // a device of this test alone
    REQUIRE(::grantpt(terminal) == 0);
    REQUIRE(::unlockpt(terminal) == 0);
    const std::string device = ::ptsname(terminal);
    const std::pair<std::string, std::string> cases[] = {{folder / "pipe", "a pipe"},
                                                         {folder / "link", "a pipe"},
                                                         {folder / "inner", "a folder"},
                                                         {device, "a device"}};
    for (const auto& row : cases) {
        const std::string &path = row.first, &kind = row.second;
        INFO(path);
        const std::string said = path + ": is " + kind + ", not a file";
        CHECK(contains(refusal([&] { write_atomically(path, "x"); }), said));
        CHECK(contains(refusal([&] { read_file(path); }), said));
        CHECK(special_file(path) == kind);
    }
    CHECK(std::filesystem::is_fifo(folder / "pipe"));
    CHECK(std::filesystem::is_character_file(device));
    CHECK(num_entries(folder.path) == 3);
    ::close(terminal);
}

TEST_CASE("no more is read than is allowed") {
    TemporaryFolder folder;
    spit(folder / "a.txt", "12345");
    CHECK(read_file(folder / "a.txt", 5) == "12345");
    CHECK(contains(refusal([&] { read_file(folder / "a.txt", 4); }), "has more than 4 bytes"));
    spit(folder / "huge", "");
    std::filesystem::resize_file(folder / "huge", std::uintmax_t{1} << 42);  // a hole of 4 TB
    CHECK(contains(refusal([&] { read_file(folder / "huge", 1000); }), "more than 1000 bytes"));
    if (std::filesystem::exists("/proc/self/status")) {  // says that it has 0 bytes
        CHECK(contains(read_file("/proc/self/status"), "Pid:"));
        CHECK(refusal([] { read_file("/proc/self/status", 10); }) != "accepted");
    }
}

TEST_CASE("what a killed write has left is told from other files, and goes") {
    CHECK(partial_of("metrics.tsv.part123") == "metrics.tsv");
    for (const char* other : {"metrics.tsv", "my.particles.tsv", "thesis.part2.tex", ".part7",
                              "metrics.tsv.part", "metrics.tsv.part12x"}) {
        CHECK_MESSAGE(partial_of(other).empty(), other);
    }
    TemporaryFolder folder;
    const pid_t gone = ::fork();
    if (gone == 0) ::_exit(0);
    ::waitpid(gone, nullptr, 0);
    const std::string dead = ".part" + std::to_string(gone);
    const std::string alive = ".part" + std::to_string(::getppid());
    for (const std::string& name : {"a" + dead, "a" + alive, "b" + dead}) spit(folder / name, "x");
    remove_abandoned_parts(folder / "a");
    CHECK_FALSE(std::filesystem::exists(folder / ("a" + dead)));
    CHECK(std::filesystem::exists(folder / ("a" + alive)));
    CHECK(std::filesystem::exists(folder / ("b" + dead)));
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
