#include "experiments/lab/interrupt.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "experiments/lab/errors.h"

namespace dualtape::lab {
namespace {

constexpr unsigned kGraceSeconds = 3;

std::atomic<bool> interrupted{false};
std::atomic<int> num_to_save{0};
// Or they could not be used in a handler.
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free &&
              std::atomic<std::size_t>::is_always_lock_free);

// Zero while the text is written.
char farewell_text[4096];
std::atomic<std::size_t> farewell_size{0};

// The handlers make only calls that are allowed there.
void say(std::string_view text) {
    [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, text.data(), text.size());
}

extern "C" void on_signal(int) {
    if (interrupted.exchange(true)) ::_exit(kInterrupted);
    const int kept_errno = errno;
    say("\ninterrupted: finishing the current step; once more stops at once\n");
    ::alarm(kGraceSeconds);
    errno = kept_errno;
}

extern "C" void on_alarm(int) {
    if (num_to_save.load() == 0) {
        say({farewell_text, farewell_size});
        ::_exit(kInterrupted);
    }
    ::alarm(kGraceSeconds);
}

}  // namespace

void watch_interrupts(const std::string& farewell) {
    const std::size_t size = std::min(farewell.size(), sizeof farewell_text);
    farewell_size = 0;
    std::copy_n(farewell.data(), size, farewell_text);
    farewell_size = size;
    struct sigaction action = {};
    action.sa_flags = SA_RESTART;  // a write in progress is not cut short
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, nullptr);
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

WorkToSave::WorkToSave() { ++num_to_save; }
WorkToSave::~WorkToSave() { --num_to_save; }

bool is_interrupted() { return interrupted.load(std::memory_order_relaxed); }
void request_interrupt() { interrupted = true; }
void clear_interrupt() { interrupted = false; }

}  // namespace dualtape::lab
