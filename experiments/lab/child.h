#pragma once
// Another program, started without a shell and waited for.

#include <cstdio>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace dualtape::lab {

struct ChildCommand {
    std::string program;  // a path
    std::vector<std::string> arguments{};
    std::filesystem::path folder{};  // that it runs in; empty: that of this program
    std::optional<std::vector<std::string>> environment{};  // NAME=value; none given: inherited
    bool keeps_errors = false;  // stderr joins its text; otherwise it is that of this program
    double limit_seconds = std::numeric_limits<double>::infinity();
};

struct ChildEnd {
    int code = 0;          // exit code; 128 + the signal that ended it
    bool is_late = false;  // it was ended because the limit had passed
    std::string text{};    // its stdout
};

// Writes to the stdin of the child, which it closes. What a child does not read may be lost; the
// caller ignores SIGPIPE.
using ChildFeed = std::function<void(std::FILE* input)>;

// Names pass as they are: no shell reads them. The child has a process group of its own, which is
// ended whole when the limit passes. When this program is interrupted (interrupt.h) the child gets
// SIGTERM, and one with a limit has a second left. Without `feed` its stdin is empty.
// Throws InputError (run) when it cannot be started.
ChildEnd run_child(const ChildCommand& command, const ChildFeed& feed = {});

// The absolute path of a program that PATH leads to; empty: there is none.
std::filesystem::path find_program(const std::string& name);

}  // namespace dualtape::lab
