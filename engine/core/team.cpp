#include "engine/core/team.h"

#include <algorithm>
#include <atomic>  // layer-ok: points to the team; no result
#include <csignal>

namespace dualtape {

namespace {

// Helpers have the stack that main usually has, whatever the limits of the process say.
constexpr std::size_t kHelperStack = std::size_t{8} << 20;

std::atomic<Team*> current{nullptr};  // layer-ok: points to the team; no result
Team* former = nullptr;               // keeps what a child has inherited reachable

// After fork() the child has the thread that called it and none of the helpers; the mutex may be
// held by a thread that does not exist. A new team is made when it is needed.
void leave_team_to_parent() {
    if (Team* team = current.exchange(nullptr)) former = team;
}

// Signals stay with the host's own threads, except those that a thread's own mistake raises.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t blocked;
        sigfillset(&blocked);
        for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
            sigdelset(&blocked, own);
        }
        pthread_sigmask(SIG_SETMASK, &blocked, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  private:
    sigset_t before_;
};

}  // namespace

Team& Team::of_process() {
    if (Team* team = current.load()) return *team;
    [[maybe_unused]] static const int hook = pthread_atfork(nullptr, nullptr, leave_team_to_parent);
    static const struct AtExit {
        ~AtExit() {
            if (Team* team = current.load()) team->dismiss();
        }
    } at_exit;
    auto* team = new Team(former);
    Team* first = nullptr;
    if (current.compare_exchange_strong(first, team)) return *team;
    delete team;  // another thread was faster
    return *first;
}

void Team::run(Loop& loop) {
    std::unique_lock<std::mutex> lock(mutex_);
    hire(loop.threads - 1);
    loop.other = loops_;
    loops_ = &loop;
    ++at_work_;
    const auto wanted = std::min<Index>(loop.threads - at_work_, loop.tasks - 1);
    for (Index i = 0; i < wanted; ++i) has_work_.notify_one();
    take_tasks(lock, loop, 0);
    loop.is_done.wait(lock, [&] { return loop.busy == 0; });
    --at_work_;
    Loop** link = &loops_;
    while (*link != &loop) link = &(*link)->other;
    *link = loop.other;
    if (loops_ != nullptr) has_work_.notify_one();
}

void Team::take_tasks(std::unique_lock<std::mutex>& lock, Loop& loop, int worker) {
    while (loop.next < loop.tasks && !(is_over_ && worker > 0)) {
        const Index task = loop.next++;
        lock.unlock();
        std::exception_ptr error;
        try {
            loop.body(task, worker);
        } catch (...) {
            error = std::current_exception();
        }
        lock.lock();
        if (error && task < loop.error_task) {
            loop.error_task = task;
            loop.error = error;
        }
    }
}

// Threads that run loops of their own side by side need no helpers: all that work together are
// no more than one of them asks for.
Loop* Team::loop_with_seat() const {
    for (Loop* loop = loops_; loop != nullptr; loop = loop->other) {
        if (loop->next < loop->tasks && loop->helpers < loop->threads - 1 &&
            at_work_ < loop->threads) {
            return loop;
        }
    }
    return nullptr;
}

void Team::look_for_work() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
        Loop* loop = nullptr;
        has_work_.wait(lock, [&] { return is_over_ || (loop = loop_with_seat()) != nullptr; });
        if (is_over_) return;
        ++at_work_;
        ++loop->busy;
        const int worker = ++loop->helpers;
        std::fesetenv(&loop->arithmetic);
        take_tasks(lock, *loop, worker);
        --at_work_;
        if (--loop->busy == 0) loop->is_done.notify_one();
    }
}

void* Team::help(void* team) {
    static_cast<Team*>(team)->look_for_work();
    return nullptr;
}

void Team::hire(int helpers) {
    const auto wanted = static_cast<std::size_t>(helpers);
    if (is_closed_ || helpers_.size() >= wanted) return;
    helpers_.reserve(wanted);
    while (helpers_.size() < wanted && !is_closed_) is_closed_ = !start_helper();
}

bool Team::start_helper() {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setstacksize(&attributes, kHelperStack);
    pthread_t helper{};
    bool is_started = false;
    {
        const SignalsBlocked during_start;                                   // inherited
        is_started = pthread_create(&helper, &attributes, help, this) == 0;  // layer-ok: here
    }
    pthread_attr_destroy(&attributes);
    if (is_started) helpers_.push_back(helper);
    return is_started;
}

bool Team::is_helper() const {
    return std::any_of(helpers_.begin(), helpers_.end(),
                       [](pthread_t helper) { return pthread_equal(helper, pthread_self()) != 0; });
}

bool Team::is_at_work() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const Loop* loop = loops_; loop != nullptr; loop = loop->other) {
        if (pthread_equal(loop->owner, pthread_self()) != 0) return true;
    }
    return is_helper();
}

void Team::dismiss() {
    std::unique_lock<std::mutex> lock(mutex_);
    is_closed_ = true;
    if (is_helper()) return;  // a task has called exit(); it cannot wait for itself
    is_over_ = true;
    const auto helpers = std::move(helpers_);
    helpers_.clear();
    lock.unlock();
    has_work_.notify_all();
    for (const pthread_t helper : helpers) pthread_join(helper, nullptr);
}

}  // namespace dualtape
