#pragma once
// Team: the threads of this process that help with parallel loops. Known to parallel.cpp alone.
//
// They are our own rather than OpenMP's, whose runtime belongs to the whole program that links us:
// its threads do not survive fork(), the environment sets their stacks and how long they spin, and
// the end of its loops waits for threads that the system has not run yet. Here a loop waits only
// for helpers that hold a task: on busy processors whoever runs takes the next one.

#include <pthread.h>

#include <cfenv>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <vector>

#include "engine/core/parallel.h"

namespace dualtape {

// A loop that runs; it lives on the stack of its owner, the thread that called parallel_for.
struct Loop {
    Loop(TaskBody what, Index count, int team)
        : body(what), tasks(count), threads(team), error_task(count) {
        std::fegetenv(&arithmetic);
    }
    TaskBody body;
    Index tasks;
    int threads;             // at most, with the owner
    Index next = 0;          // the first task that nobody has taken
    int helpers = 0;         // that have joined
    int busy = 0;            // of them, those that have not left
    std::fenv_t arithmetic;  // rounding and underflow as the owner has set them
    Index error_task;        // the lowest task that threw, and what it threw
    std::exception_ptr error;
    pthread_t owner = pthread_self();
    Loop* other = nullptr;  // another loop that runs, of another owner
    std::condition_variable is_done;
};

class Team {
  public:
    // Of this process: a child after fork() has a team of its own. Never destroyed.
    static Team& of_process();

    // Runs the tasks on the calling thread and on helpers.
    void run(Loop& loop);
    // Whether the calling thread is a helper or owns a loop that runs.
    bool is_at_work();
    // Ends the helpers; later loops run on their owners alone.
    void dismiss();

  private:
    explicit Team(Team* former) : former_(former) {}
    static void* help(void* team);
    void hire(int helpers);
    bool start_helper();
    void look_for_work();
    Loop* loop_with_seat() const;
    void take_tasks(std::unique_lock<std::mutex>& lock, Loop& loop, int worker);
    bool is_helper() const;

    std::mutex mutex_;
    std::condition_variable has_work_;
    std::vector<pthread_t> helpers_;
    Loop* loops_ = nullptr;          // all that run
    int at_work_ = 0;                // owners of loops and helpers that have joined one
    bool is_closed_ = false;         // no more helpers: the process ends, or the system gives none
    bool is_over_ = false;           // helpers leave
    [[maybe_unused]] Team* former_;  // the parent's; its threads do not exist here
};

}  // namespace dualtape
