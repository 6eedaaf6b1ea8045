#pragma once
// Starts a program as a user would, waits for it or kills it.

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/lab.h"

namespace dualtape {

// Runs in `folder`; stdout and stderr go to the files of that name there.
class Process {
  public:
    Process(const std::string& program, const std::filesystem::path& folder,
            std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), program);
        std::vector<char*> words;
        for (std::string& argument : arguments) words.push_back(argument.data());
        words.push_back(nullptr);
        const std::string out = (folder / "stdout").string(), err = (folder / "stderr").string();
        process_ = ::fork();
        if (process_ != 0) return;
        const int flags = O_WRONLY | O_CREAT | O_TRUNC;
        if (::chdir(folder.c_str()) == 0 && ::dup2(::open(out.c_str(), flags, 0666), 1) == 1 &&
            ::dup2(::open(err.c_str(), flags, 0666), 2) == 2) {
            ::execv(program.c_str(), words.data());
        }
        ::_exit(126);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() {
        if (process_ > 0) kill();
    }

    // The exit code, or minus the signal that ended it.
    int wait() {
        int status = 0;
        ::waitpid(process_, &status, 0);
        process_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    void interrupt() { ::kill(process_, SIGINT); }
    int kill() {
        ::kill(process_, SIGKILL);
        return wait();
    }
    bool is_running() const {
        siginfo_t info = {};
        ::waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT);
        return info.si_pid == 0;
    }
    // True once the file is there; false when the program ended, or a minute passed, without.
    bool wait_for(const std::filesystem::path& file) const {
        for (int i = 0; i < 60000 && is_running(); ++i) {
            if (std::filesystem::exists(file)) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return std::filesystem::exists(file);
    }

  private:
    pid_t process_ = -1;
};

struct ProcessResult {
    int code;
    std::string out, err;
};

// Runs a program to its end.
inline ProcessResult run_process(const std::string& program, const std::filesystem::path& folder,
                                 std::vector<std::string> arguments) {
    const int code = Process(program, folder, std::move(arguments)).wait();
    return {code, lab::slurp(folder / "stdout"), lab::slurp(folder / "stderr")};
}

}  // namespace dualtape
