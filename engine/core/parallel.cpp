#include "engine/core/parallel.h"

#include <algorithm>
#include <exception>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace dualtape {

#ifdef _OPENMP

int resolve_threads(int requested) { return requested > 0 ? requested : omp_get_max_threads(); }

bool is_inside_parallel() { return omp_in_parallel() != 0; }

void parallel_for(int threads, Index tasks, TaskBody body) {
    if (threads <= 1 || tasks <= 1 || is_inside_parallel()) {
        for (Index task = 0; task < tasks; ++task) body(task, 0);
        return;
    }
    std::exception_ptr error;
    Index error_task = tasks;
    const int team = static_cast<int>(std::min<Index>(threads, tasks));
#pragma omp parallel for schedule(dynamic, 1) num_threads(team)
    for (Index task = 0; task < tasks; ++task) {
        try {
            body(task, omp_get_thread_num());
        } catch (...) {
#pragma omp critical(dualtape_error)
            if (task < error_task) {
                error_task = task;
                error = std::current_exception();
            }
        }
    }
    if (error) std::rethrow_exception(error);
}

#else

int resolve_threads(int) { return 1; }

bool is_inside_parallel() { return false; }

void parallel_for(int, Index tasks, TaskBody body) {
    for (Index task = 0; task < tasks; ++task) body(task, 0);
}

#endif

}  // namespace dualtape
