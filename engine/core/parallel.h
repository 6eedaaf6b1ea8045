#pragma once
// Parallel loops over tasks: the only place in the project that knows OpenMP.

#include <functional>

#include "engine/core/types.h"

namespace dualtape {

// The number of threads meant by `requested`: itself when positive, else all that OpenMP offers.
int resolve_threads(int requested);

// True inside a parallel loop; loops started there run serially on the calling thread.
bool is_inside_parallel();

// Runs body(task, worker) for task = 0 .. tasks-1; worker < threads identifies the thread's own
// memory. Tasks are handed out one at a time in increasing order. Runs serially when threads is
// 1, when there is one task, or inside another parallel loop. Results must not depend on which
// worker runs a task. The exception of the lowest task that threw is rethrown after the loop.
void parallel_for(int threads, Index tasks, const std::function<void(Index, int)>& body);

}  // namespace dualtape
