// Messages: what goes to the terminal, what to log.txt.
#include <algorithm>
#include <sstream>

#include <doctest/doctest.h>

#include "experiments/lab/log.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;

TEST_CASE("notes stay in the file, the rest is shown, warnings are kept once") {
    TemporaryFolder folder;
    std::ostringstream terminal;
    Log log(terminal, false);
    log.open(folder / "log.txt");
    log.note("a note");
    log.info("an info");
    log.warn("a warning");
    log.warn("a warning");
    log.error("an error", "a hint");
    CHECK(terminal.str() == "an info\nwarning: a warning\nerror: an error\nhint:  a hint\n");
    CHECK(log.warnings() == std::vector<std::string>{"a warning"});
    const std::string file = slurp(folder / "log.txt");
    CHECK(file.find("Z  note  a note\n") != std::string::npos);
    CHECK(file.find("Z  hint  a hint\n") != std::string::npos);
    CHECK(std::count(file.begin(), file.end(), '\n') == 5);
}

TEST_CASE("a quiet log shows warnings and errors only") {
    std::ostringstream terminal;
    Log log(terminal, true);
    log.info("an info");
    log.warn("a warning");
    CHECK(terminal.str() == "warning: a warning\n");
}

TEST_CASE("the progress line is wiped before each message") {
    std::ostringstream terminal;
    Log log(terminal, false);
    log.set_before_line([&] { terminal << "<wipe>"; });
    log.info("a");
    log.note("b");
    CHECK(terminal.str() == "<wipe>a\n");
}

TEST_CASE("a log on a full disk does not stop the run") {
    if (!std::filesystem::exists("/dev/full")) return;
    std::ostringstream terminal;
    Log log(terminal, false);
    log.open("/dev/full");
    CHECK_NOTHROW(log.info("a"));
    CHECK_NOTHROW(log.info("b"));
    CHECK(terminal.str() == "a\nb\n");
}

TEST_CASE("a message is one line, whatever the names in it hold") {
    TemporaryFolder folder;
    std::ostringstream terminal;
    Log log(terminal, false);
    log.open(folder / "log.txt");
    log.info("writing to runs/a\n2026-01-01T00:00:00Z  error  b\r\x1b[31m");
    log.error("a\tb: is wrong", "name\nanother");
    CHECK(terminal.str() ==
          "writing to runs/a\\n2026-01-01T00:00:00Z  error  b\\r\\x1b[31m\n"
          "error: a\\tb: is wrong\nhint:  name\\nanother\n");
    const std::string text = slurp(folder / "log.txt");
    CHECK(std::count(text.begin(), text.end(), '\n') == 3);
}

TEST_CASE("times are UTC in the form of ISO 8601") {
    const std::string now = utc_now();
    CHECK(now.size() == 20);
    CHECK(now[10] == 'T');
    CHECK(now.back() == 'Z');
}
