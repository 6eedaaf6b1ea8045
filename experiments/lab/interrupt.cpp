#include "experiments/lab/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string_view>

namespace dualtape::lab {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // or it could not be used in a handler

// Only calls that are allowed inside a signal handler.
extern "C" void on_signal(int) {
    if (interrupted.exchange(true)) ::_exit(130);
    const int kept_errno = errno;
    constexpr std::string_view message =
        "\ninterrupted: finishing the current step; once more stops at once\n";
    [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, message.data(), message.size());
    errno = kept_errno;
}

}  // namespace

void watch_interrupts() {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;  // a write in progress is not cut short
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

bool is_interrupted() { return interrupted.load(std::memory_order_relaxed); }
void request_interrupt() { interrupted = true; }
void clear_interrupt() { interrupted = false; }

}  // namespace dualtape::lab
