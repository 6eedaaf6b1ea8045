// A whole program with this command line, started as users start it: exit codes, streams, signals.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "engine/core/parallel.h"
#include "experiments/lab/child.h"
#include "experiments/lab/manifest.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;
namespace fs = std::filesystem;

namespace {

// Starts the program in `folder`; its streams go to files there. wait() gives the exit code, or
// minus the signal that ended it.
class Process {
  public:
    Process(const fs::path& folder, std::vector<std::string> arguments,
            const std::string& output = "stdout", rlim_t size_limit = RLIM_INFINITY)
        : folder_(folder) {
        arguments.insert(arguments.begin(), FAKE_EXPERIMENT);
        std::vector<char*> words;
        for (std::string& argument : arguments) words.push_back(argument.data());
        words.push_back(nullptr);
        const std::string out = (folder / output).string(), err = (folder / "stderr").string();
        process_ = ::fork();
        if (process_ != 0) return;
        const rlimit limit{size_limit, RLIM_INFINITY};
        // ThreadSanitizer maps a file of its own from there when a program starts, and dies of a
        // limit; without the folder it does without.
        if (size_limit != RLIM_INFINITY) ::setenv("TMPDIR", "/nonexistent", 1);
        const int flags = O_WRONLY | O_CREAT | O_TRUNC;
        if (::chdir(folder.c_str()) == 0 && ::dup2(::open(out.c_str(), flags, 0666), 1) == 1 &&
            ::dup2(::open(err.c_str(), flags, 0666), 2) == 2 &&
            ::setrlimit(RLIMIT_FSIZE, &limit) == 0)
            ::execv(FAKE_EXPERIMENT, words.data());
        ::_exit(126);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            wait();
        }
    }

    void send(int signal) const { ::kill(process_, signal); }

    int wait() {
        int status = 0;
        ::waitpid(process_, &status, 0);
        process_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

    // Until the file is there, at most ten seconds.
    void wait_for(const std::string& name) const {
        for (int i = 0; i < 1000 && !fs::exists(folder_ / name); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        REQUIRE(fs::exists(folder_ / name));
    }

  private:
    fs::path folder_;
    pid_t process_ = -1;
};

struct Result {
    int code;
    std::string out, err;
};

Result start(const TemporaryFolder& folder, const std::vector<std::string>& arguments) {
    const int code = Process(folder.path, arguments).wait();
    return {code, slurp(folder / "stdout"), slurp(folder / "stderr")};
}

}  // namespace

TEST_CASE("a run prints results, the path of the report last, and leaves a complete folder") {
    TemporaryFolder folder;
    const Result result = start(folder, {"--quick", "--out", "a", "--quiet"});
    CHECK(result.code == 0);
    CHECK(result.out == "final_loss\t0.5\na/report.html\n");
    CHECK(result.err.empty());
    CHECK(slurp(folder / "a/metrics.tsv") == "step\tloss\n1\t1\n2\t0.5\n");
    for (const char* name : {"DONE", "config.toml", "manifest.json", "log.txt", "report.html"})
        CHECK_MESSAGE(fs::exists(folder / "a" / name), name);
    CHECK(contains(slurp(folder / "a/manifest.json"), "\"status\": \"done\""));

    const Result again = start(folder, {"--config", "a/config.toml", "--out", "b"});
    CHECK(again.code == 0);
    CHECK(contains(again.err, "writing to b\nstep 1/2  loss 1  "));
    CHECK(slurp(folder / "b/config.toml") == slurp(folder / "a/config.toml"));
    CHECK(slurp(folder / "b/metrics.tsv") == slurp(folder / "a/metrics.tsv"));
}

TEST_CASE("more threads than processors are capped with a word") {
    TemporaryFolder folder;
    const Result many = start(folder, {"--quick", "--out", "a", "--threads", "4096"});
    CHECK(many.code == 0);
    CHECK(contains(many.err, "--threads 4096: there "));
    const std::string used = std::to_string(dualtape::available_threads());
    CHECK(contains(slurp(folder / "a/manifest.json"), "\"threads\": " + used));
    CHECK(contains(slurp(folder / "a/config.toml"), "threads = 4096"));  // as it was asked for
    const Result one = start(folder, {"--quick", "--out", "b", "--threads", "1"});
    CHECK(!contains(one.err, "processor"));
}

TEST_CASE("without --out the folder lies below runs") {
    TemporaryFolder folder;
    const Result result = start(folder, {"--quick", "--quiet", "--seed", "3"});
    CHECK(result.code == 0);
    CHECK(contains(result.out, "\nruns/fake_experiment/20"));
    CHECK(contains(result.out, "-quick-s3-"));
}

TEST_CASE("texts go to stdout and write nothing") {
    TemporaryFolder folder;
    for (const char* flag : {"--help", "--version", "--describe", "--print-config", "--dry-run"}) {
        const Result result = start(folder, {flag});
        INFO(flag);
        CHECK(result.code == 0);
        CHECK_FALSE(result.out.empty());
        CHECK(result.err.empty());
    }
    CHECK(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()) == 2);
}

TEST_CASE("the printed configuration gives itself") {
    TemporaryFolder folder;
    const Result first = start(folder, {"--quick", "--learning-rate", "0.1", "--print-config"});
    spit(folder / "a.toml", first.out);
    CHECK(start(folder, {"--config", "a.toml", "--print-config"}).out == first.out);
}

TEST_CASE("a wrong command ends with 2 and two lines") {
    TemporaryFolder folder;
    const Result result = start(folder, {"--learnig-rate", "3"});
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK(result.err ==
          "error: --learnig-rate: unknown option\n"
          "hint:  did you mean --learning-rate?  --help lists all options\n");
}

TEST_CASE("each way to fail has its code, its message and its mark") {
    const struct {
        const char* kind;
        int code;
        const char* message;
    } rows[] = {
        {"outcome", 1, "error: depth 2 diverged at step 3\n"},
        {"input", 2, "error: data.tsv: is empty\nhint:  give another\n"},
        {"bug", 1,
         "error: 3 is not 4\nhint:  this is a mistake in the program: please report it with "
         "a/log.txt\n"},
        {"memory", 1,
         "error: not enough memory\nhint:  choose smaller sizes; --dry-run shows the needs\n"},
    };
    for (const auto& row : rows) {
        TemporaryFolder folder;
        const Result result = start(folder, {"--out", "a", "--quiet", "--fail", row.kind});
        INFO(row.kind);
        CHECK(result.code == row.code);
        CHECK(result.err == row.message);
        CHECK(fs::exists(folder / "a/FAILED"));
        CHECK_FALSE(fs::exists(folder / "a/DONE"));
        CHECK(contains(slurp(folder / "a/manifest.json"), "\"status\": \"failed\""));
    }
}

TEST_CASE("a run killed at once is refused, then resumed to the same bytes") {
    TemporaryFolder folder;
    REQUIRE(start(folder, {"--out", "whole", "--steps", "6", "--quiet"}).code == 0);

    Process killed(folder.path, {"--out", "a", "--steps", "6", "--pause-milliseconds", "2000"});
    killed.wait_for("a/checkpoints/step-00000001.safetensors");
    CHECK(contains(start(folder, {"--out", "a", "--force"}).err,
                   "error: a: another run is writing here (process "));
    killed.send(SIGKILL);
    CHECK(killed.wait() == -SIGKILL);
    CHECK(start(folder, {"--out", "a"}).err ==
          "error: a: holds an unfinished run\n"
          "hint:  --resume goes on with it, --force starts anew\n");
    CHECK(contains(start(folder, {"--out", "a", "--resume", "--steps", "7"}).err,
                   "the run was started with other settings: steps was 6 and is now 7\n"));

    const Result resumed =
        start(folder, {"--out", "a", "--resume", "--pause-milliseconds", "0", "--quiet"});
    CHECK(resumed.code == 0);
    CHECK(slurp(folder / "a/metrics.tsv") == slurp(folder / "whole/metrics.tsv"));
    CHECK(contains(slurp(folder / "a/manifest.json"), "\"status\": \"started\""));
    CHECK(start(folder, {"--out", "a", "--resume"}).code == 2);
    CHECK(start(folder, {"--out", "a", "--force", "--quiet"}).code == 0);
}

TEST_CASE("the first signal stops after the step and says how to go on") {
    for (const int signal : {SIGINT, SIGTERM}) {
        TemporaryFolder folder;
        Process process(folder.path,
                        {"--steps", "50", "--pause-milliseconds", "200", "--out", "a", "--quiet"});
        process.wait_for("a/checkpoints/step-00000001.safetensors");
        process.send(signal);
        CHECK(process.wait() == 130);
        CHECK(slurp(folder / "stderr") ==
              "\ninterrupted: finishing the current step; once more stops at once\n"
              "error: interrupted\n"
              "hint:  go on with: " FAKE_EXPERIMENT " --resume --out a\n");
        CHECK(contains(slurp(folder / "a/manifest.json"), "\"status\": \"interrupted\""));
        CHECK_FALSE(fs::exists(folder / "a/FAILED"));
        CHECK(start(folder, {"--resume", "--out", "a", "--pause-milliseconds", "0"}).code == 0);
    }
}

TEST_CASE("the second signal stops at once") {
    TemporaryFolder folder;
    Process process(folder.path, {"--pause-milliseconds", "60000", "--out", "a", "--quiet"});
    process.wait_for("a/checkpoints/step-00000001.safetensors");
    process.send(SIGINT);
    while (slurp(folder / "stderr").empty())
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    process.send(SIGINT);
    CHECK(process.wait() == 130);
}

TEST_CASE("work that does not ask is ended by the first signal, and says how to go on") {
    TemporaryFolder folder;
    Process process(folder.path, {"--pause-milliseconds", "3600000", "--out", "a b", "--quiet"});
    process.wait_for("a b/checkpoints/step-00000001.safetensors");
    process.send(SIGTERM);
    CHECK(process.wait() == 130);
    CHECK(contains(slurp(folder / "stderr"), "--resume --out 'a b'\n"));
    CHECK(
        start(folder, {"--resume", "--out", "a b", "--pause-milliseconds", "0", "--quiet"}).code ==
        0);
}

TEST_CASE("closed standard streams do not reach the files of a run") {
    TemporaryFolder folder;
    REQUIRE(start(folder, {"--out", "whole", "--quiet"}).code == 0);
    const struct {
        const char* closed;
        int code;
    } rows[] = {{"<&-", 0}, {"2>&-", 0}, {"<&- 2>&-", 0}, {">&-", 1}, {"<&- >&- 2>&-", 1}};
    for (const auto& row : rows) {
        INFO(row.closed);
        const ChildEnd end =
            run_child({.program = "/bin/sh",
                       .arguments = {"-c", "exec \"$@\" " + std::string(row.closed), "sh",
                                     FAKE_EXPERIMENT, "--out", "a", "--force"},
                       .folder = folder.path,
                       .keeps_errors = true});
        CHECK(end.code == row.code);  // 1: the path of the report is lost
        CHECK(fs::exists(folder / "a/DONE"));
        CHECK(slurp(folder / "a/metrics.tsv") == slurp(folder / "whole/metrics.tsv"));
        CHECK(is_manifest(folder / "a/manifest.json"));
        std::istringstream log(slurp(folder / "a/log.txt"));
        for (std::string line; std::getline(log, line);)
            CHECK_MESSAGE(line.substr(0, 2) == "20", line);  // a time: no progress
    }
}

TEST_CASE("a full disk ends the run with 1, damages nothing, and can be resumed from") {
    TemporaryFolder folder;
    REQUIRE(start(folder, {"--out", "whole", "--steps", "200", "--quiet"}).code == 0);
    Process limited(folder.path, {"--out", "a", "--steps", "200", "--quiet"}, "stdout", 2000);
    CHECK(limited.wait() == 1);
    CHECK(slurp(folder / "stderr") ==
          "error: a/metrics.tsv: cannot be extended: File too large\n"
          "hint:  make room on the disk, and repeat the command: " FAKE_EXPERIMENT
          " --resume --out a\n");
    CHECK(slurp(folder / "a/metrics.tsv").back() == '\n');
    CHECK(is_manifest(folder / "a/manifest.json"));
    CHECK(start(folder, {"--out", "a", "--resume", "--quiet"}).code == 0);
    CHECK(slurp(folder / "a/metrics.tsv") == slurp(folder / "whole/metrics.tsv"));
}

TEST_CASE("output that cannot be written is an error") {
    if (!fs::exists("/dev/full")) return;
    TemporaryFolder folder;
    for (const char* flag : {"--help", "--quick"}) {
        CHECK(Process(folder.path, {flag, "--quiet", "--out", "a"}, "/dev/full").wait() == 1);
        CHECK(contains(slurp(folder / "stderr"), "error: stdout: cannot be written\n"));
    }
    CHECK(fs::exists(folder / "a/DONE"));
}

TEST_CASE("a folder that cannot be made is refused") {
    TemporaryFolder folder;
    spit(folder / "file", "");
    const Result result = start(folder, {"--out", "file/a"});
    CHECK(result.code == 2);
    CHECK(contains(result.err, "hint:  choose a folder that you may write to with --out DIR\n"));
}

TEST_CASE("a folder without permission is refused") {
    if (::geteuid() == 0) return;  // root may write everywhere
    TemporaryFolder folder;
    fs::create_directory(folder / "a");
    fs::permissions(folder / "a", fs::perms::owner_read | fs::perms::owner_exec);
    const Result result = start(folder, {"--out", "a"});
    CHECK(result.code == 2);
    CHECK(result.err ==
          "error: a: cannot be written to: Permission denied\n"
          "hint:  choose another folder with --out DIR\n");
}

TEST_CASE("statistics are printed on request") {
    TemporaryFolder folder;
    const Result result = start(folder, {"--quick", "--quiet", "--stats"});
    CHECK(contains(result.err, "peak memory  "));
    CHECK(contains(result.err, "steps  2\n"));
}
