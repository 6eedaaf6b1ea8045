#include "experiments/lab/gnuplot.h"

#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

#ifdef DUALTAPE_FIGURES
#include <gnuplot-iostream.h>
#endif

#include "experiments/lab/child.h"
#include "experiments/lab/markup.h"
#include "experiments/lab/printable.h"

namespace dualtape::lab {

#ifndef DUALTAPE_FIGURES

bool draws_figures() { return false; }

GnuplotEnd load_in_gnuplot(const std::filesystem::path&, const std::string&, double) {
    return {GnuplotEnd::Status::missing, "this program was built without figures"};
}

#else

namespace {

constexpr const char* kFinished = "dualtape: errors 0";

// What a program needs to run and fonts to be found; nothing that could change a figure.
std::vector<std::string> environment() {
    std::vector<std::string> variables{"LC_ALL=C.UTF-8"};
    for (const char* name : {"PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "LD_LIBRARY_PATH",
                             "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"})
        if (const char* value = std::getenv(name))
            variables.push_back(std::string(name) + "=" + value);
    return variables;
}

// While it lives, writing to a gnuplot that has died is an error instead of the end of us.
class IgnoreSigpipe {
  public:
    IgnoreSigpipe() {
        struct sigaction ignore {};
        ignore.sa_handler = SIG_IGN;
        ::sigaction(SIGPIPE, &ignore, &before_);
    }
    ~IgnoreSigpipe() { ::sigaction(SIGPIPE, &before_, nullptr); }
    IgnoreSigpipe(const IgnoreSigpipe&) = delete;
    IgnoreSigpipe& operator=(const IgnoreSigpipe&) = delete;

  private:
    struct sigaction before_ {};
};

bool is_warning(const std::string& line) {
    return line.find("arning: ") != line.npos;  // "warning: ", "Warning: "
}

// Whether gnuplot came to its end without an error, and the line that says what went wrong: the
// first that is no warning, else the last warning.
GnuplotEnd read_messages(std::string text) {
    GnuplotEnd end;
    while (!text.empty()) {
        const std::size_t stop = text.find('\n');
        const std::string line = text.substr(0, stop);
        text.erase(0, stop == text.npos ? stop : stop + 1);
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (line == kFinished)
            end.status = GnuplotEnd::Status::finished;
        else if (first == line.npos || line[first] == '^' || line.starts_with("dualtape: "))
            continue;
        else if (end.complaint.empty() || is_warning(end.complaint))
            end.complaint = printable(line.substr(first, 300));
    }
    return end;
}

}  // namespace

bool draws_figures() { return true; }

// gnuplot-iostream writes to the pipe. It does not start gnuplot: its own way, popen, goes through
// a shell, cannot choose a folder or an environment, and gives no process that could be ended.
// gnuplot reads on after an error, so it is asked for its error number at the end.
GnuplotEnd load_in_gnuplot(const std::filesystem::path& folder, const std::string& stem,
                           double limit_seconds) {
    static std::mutex one_at_a_time;  // the handling of SIGPIPE belongs to the whole process
    const std::lock_guard lock(one_at_a_time);
    const std::filesystem::path program = find_program("gnuplot");
    if (program.empty()) return {GnuplotEnd::Status::missing, "gnuplot was not found"};
    try {
        const IgnoreSigpipe quiet;
        const ChildEnd child = run_child({.program = program.string(),
                                          .arguments = {"--default-settings"},
                                          .folder = folder,
                                          .environment = environment(),
                                          .keeps_errors = true,
                                          .limit_seconds = limit_seconds},
                                         [&](std::FILE* input) {
                                             Gnuplot gnuplot(input);
                                             gnuplot << "load " << quote_gnuplot(stem + ".gp")
                                                     << "\nset print\n"
                                                     << "print sprintf('dualtape: errors %d', "
                                                        "GPVAL_ERRNO)\n"
                                                     << std::flush;
                                         });
        GnuplotEnd end = read_messages(child.text);
        if (child.is_late) end.status = GnuplotEnd::Status::late;
        return end;
    } catch (const std::exception& error) {  // no pipe, no process
        return {GnuplotEnd::Status::failed, error.what()};
    }
}

#endif

}  // namespace dualtape::lab
