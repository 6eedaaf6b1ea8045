// Other programs: where they run, what reaches them, and that none outlives its time.
#include <csignal>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "experiments/lab/child.h"
#include "experiments/lab/interrupt.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;

namespace {

ChildCommand shell(const std::string& script, std::vector<std::string> words = {}) {
    std::vector<std::string> arguments{"-c", script, "sh"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    return {.program = "/bin/sh", .arguments = std::move(arguments)};
}

}  // namespace

TEST_CASE("arguments, folder and environment of a child are not read by a shell") {
    TemporaryFolder folder;
    const std::string odd = "a\n$(touch PWNED) `touch PWNED` ; 'x' \"y\"";
    std::filesystem::create_directory(folder / odd);
    ChildCommand command = shell("printf '%s|%s|%s|' \"$1\" \"$ODD\" \"$HOME\"; pwd -P", {odd});
    command.folder = folder / odd;
    command.environment = std::vector<std::string>{"ODD=" + odd};
    const ChildEnd end = run_child(command);
    CHECK(end.code == 0);
    const std::string place = std::filesystem::canonical(folder / odd).string();
    CHECK(end.text == odd + "|" + odd + "||" + place + "\n");
    CHECK_FALSE(std::filesystem::exists(folder / odd / "PWNED"));
}

TEST_CASE("the code, the output and, on request, the errors of a child come back") {
    CHECK(run_child(shell("exit 7")).code == 7);
    CHECK(run_child(shell("kill -9 $$")).code == 128 + SIGKILL);
    ChildCommand both = shell("echo out; echo err >&2");
    both.keeps_errors = true;
    CHECK(run_child(both).text == "out\nerr\n");
    CHECK(run_child(shell("cat")).text.empty());  // nothing to read
    const ChildEnd fed = run_child(shell("cat"), [](std::FILE* input) {
        std::fputs("fed", input);
        std::fclose(input);
    });
    CHECK(fed.text == "fed");
    const std::size_t large = 1 << 20;  // more than a pipe holds
    CHECK(run_child(shell("head -c 1048576 /dev/zero")).text.size() == large);
    CHECK(contains(refusal([] { run_child({.program = "/nonexistent/program"}); }),
                   "/nonexistent/program: cannot be started"));
}

TEST_CASE("a child that hangs is ended with all that it has started") {
    TemporaryFolder folder;
    // The last one ignores what can be ignored, and leaves the pipe to a child of its own.
    for (const char* script : {"while :; do sleep 0.01; done", "cat; while :; do sleep 0.01; done",
                               "trap '' TERM INT HUP; (while :; do sleep 0.01; done) & wait",
                               "exec >&- 2>&-; while :; do sleep 0.01; done"}) {
        INFO(script);
        ChildCommand command = shell(std::string("echo said; ") + script);
        command.limit_seconds = 0.2;
        const ChildEnd end = run_child(command);
        CHECK(end.is_late);
        CHECK(end.code == 128 + SIGKILL);
        CHECK(end.text == "said\n");
    }
    // Waited for is the program, not what it leaves behind.
    ChildCommand leaver = shell("sleep 1000 & echo $!");
    leaver.limit_seconds = 60;
    const ChildEnd end = run_child(leaver);
    CHECK_FALSE(end.is_late);
    ::kill(std::stoi(end.text), SIGKILL);
}

TEST_CASE("a child is told of an interruption, and may finish when it has no limit") {
    // Each child asks for it once it is ready.
    const auto before = std::signal(SIGUSR1, [](int) { request_interrupt(); });
    const std::string wait = " TERM; kill -USR1 $PPID; while :; do sleep 0.01; done";
    const ChildEnd end = run_child(shell("trap 'echo told; exit 130'" + wait));
    clear_interrupt();
    ChildCommand deaf = shell("trap ''" + wait);
    deaf.limit_seconds = 3600;
    const ChildEnd ended = run_child(deaf);
    clear_interrupt();
    std::signal(SIGUSR1, before);
    CHECK(end.code == 130);
    CHECK(end.text == "told\n");
    CHECK(ended.is_late);
}

TEST_CASE("a program is found on the path by an absolute name, or not at all") {
    CHECK(find_program("sh").is_absolute());
    CHECK(find_program("no-such-program").empty());
}
