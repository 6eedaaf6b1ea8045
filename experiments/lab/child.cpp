#include "experiments/lab/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "experiments/lab/errors.h"
#include "experiments/lab/interrupt.h"
#include "experiments/lab/progress.h"

extern char** environ;

namespace dualtape::lab {
namespace {

namespace fs = std::filesystem;

constexpr int kNotStarted = 127;
constexpr int kPollMilliseconds = 20;

// Both ends are closed when another program is executed, and here once at the latest.
class Pipe {
  public:
    Pipe() {
        if (::pipe(ends_) != 0) return;
        for (const int end : ends_) ::fcntl(end, F_SETFD, FD_CLOEXEC);
    }
    ~Pipe() {
        close_read();
        close_write();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    bool is_open() const { return ends_[0] >= 0; }
    int read_end() const { return ends_[0]; }
    int write_end() const { return ends_[1]; }
    int take_write_end() { return std::exchange(ends_[1], -1); }
    void close_read() { close(ends_[0]); }
    void close_write() { close(ends_[1]); }

  private:
    static void close(int& end) {
        if (end >= 0) ::close(std::exchange(end, -1));
    }
    int ends_[2] = {-1, -1};
};

std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> list;
    for (const std::string& word : words) list.push_back(const_cast<char*>(word.c_str()));
    list.push_back(nullptr);
    return list;
}

// Between fork and execve, where only system calls are allowed: other threads may have held locks.
[[noreturn]] void become(const char* program, char* const* words, char* const* environment,
                         const char* folder, int in, int out, bool keeps_errors) {
    ::setpgid(0, 0);
    const int input = in >= 0 ? in : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(input, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    if (keeps_errors) ::dup2(out, STDERR_FILENO);
    // Ignored signals stay ignored in the program that is executed.
    struct sigaction by_default = {};
    by_default.sa_handler = SIG_DFL;
    for (const int signal : {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM})
        ::sigaction(signal, &by_default, nullptr);
    if (*folder == '\0' || ::chdir(folder) == 0) ::execve(program, words, environment);
    ::_exit(kNotStarted);
}

// Appends what has come; false at the end of the output.
bool read_some(int descriptor, std::string& text) {
    char buffer[4096];
    const ssize_t count = ::read(descriptor, buffer, sizeof buffer);
    if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
    return count > 0 || (count < 0 && errno == EINTR);
}

bool has_output(int descriptor, int milliseconds) {
    pollfd waited = {.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&waited, 1, milliseconds) > 0;
}

// Reads until the process has ended, by itself or by us.
ChildEnd wait_for(pid_t process, int output, double limit_seconds) {
    double deadline = steady_seconds() + limit_seconds;
    bool has_more = true, is_told = false;
    int status = 0;
    ChildEnd end;
    while (true) {
        if (!has_more)
            std::this_thread::sleep_for(std::chrono::milliseconds(kPollMilliseconds / 10));
        else if (has_output(output, kPollMilliseconds))
            has_more = read_some(output, end.text);
        if (::waitpid(process, &status, WNOHANG) == process) break;
        if (is_interrupted() && !is_told) {
            is_told = true;
            ::kill(process, SIGTERM);
            if (std::isfinite(deadline)) deadline = std::min(deadline, steady_seconds() + 1);
        }
        if (steady_seconds() > deadline) {
            end.is_late = true;
            ::kill(-process, SIGKILL);
            while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
            }
            break;
        }
    }
    // A program that it has started may hold the pipe open: only what is there is read.
    while (has_more && has_output(output, 0)) has_more = read_some(output, end.text);
    end.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return end;
}

}  // namespace

ChildEnd run_child(const ChildCommand& command, const ChildFeed& feed) {
    std::vector<std::string> words{command.program};
    words.insert(words.end(), command.arguments.begin(), command.arguments.end());
    const std::vector<char*> arguments = pointers(words);
    const std::vector<std::string> variables =
        command.environment.value_or(std::vector<std::string>());
    const std::vector<char*> given = pointers(variables);
    char* const* environment = command.environment ? given.data() : environ;
    const std::string folder = command.folder.string();

    Pipe in, out;
    const pid_t process = in.is_open() && out.is_open() ? ::fork() : -1;
    if (process < 0)
        throw InputError(command.program, std::strerror(errno),
                         "close other programs and try again", InputError::Kind::run);
    if (process == 0)
        become(command.program.c_str(), arguments.data(), environment, folder.c_str(),
               feed ? in.read_end() : -1, out.write_end(), command.keeps_errors);
    ::setpgid(process, process);  // whoever comes first, so that it holds from here on
    out.close_write();
    in.close_read();
    if (feed) {
        feed(::fdopen(in.take_write_end(), "w"));
    } else {
        in.close_write();
    }
    ChildEnd end = wait_for(process, out.read_end(), command.limit_seconds);
    if (end.code == kNotStarted)
        throw InputError(command.program, "cannot be started", "check its permissions",
                         InputError::Kind::run);
    return end;
}

fs::path find_program(const std::string& name) {
    const char* path = std::getenv("PATH");
    std::string rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const std::size_t colon = rest.find(':');
        const fs::path candidate = fs::absolute(fs::path(rest.substr(0, colon)) / name);
        std::error_code ignored;
        if (!fs::is_directory(candidate, ignored) && ::access(candidate.c_str(), X_OK) == 0)
            return candidate;
        rest.erase(0, colon == rest.npos ? colon : colon + 1);
    }
    return {};
}

}  // namespace dualtape::lab
