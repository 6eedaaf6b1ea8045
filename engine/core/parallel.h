#pragma once
// Parallel loops over tasks: the only place in the project that starts threads.

#include "engine/core/types.h"

namespace dualtape {

// How many processors this process may use; at least 1.
int available_threads();

// The number of threads meant by `requested`: itself when positive, else all that are available,
// or as many as the environment's OMP_NUM_THREADS asks for where that is fewer.
int resolve_threads(int requested);

// True inside a parallel loop; loops started there run serially on the calling thread.
bool is_inside_parallel();

// A reference to a callable body(task, worker). std::function would copy what it holds, on the
// heap.
class TaskBody {
  public:
    template <class Body>
    TaskBody(const Body& body)
        : body_(&body), call_([](const void* object, Index task, int worker) {
              (*static_cast<const Body*>(object))(task, worker);
          }) {}
    void operator()(Index task, int worker) const { call_(body_, task, worker); }

  private:
    const void* body_;
    void (*call_)(const void*, Index, int);
};

// Runs body(task, worker) for task = 0 .. tasks-1; worker < threads identifies the thread's own
// memory. Tasks are handed out one at a time in increasing order. Runs serially when threads is
// 1, when there is one task, or inside another parallel loop; on fewer threads where the system
// has or gives no more. Results must not depend on which worker runs a task. The exception of the
// lowest task that threw is rethrown after the loop. May be called by several threads at once,
// and after fork() by parent and child.
void parallel_for(int threads, Index tasks, TaskBody body);

}  // namespace dualtape
