#include "engine/core/parallel.h"

#include <algorithm>
#include <cstdlib>
#include <thread>

#ifdef __linux__
#include <sched.h>
#endif

#include "engine/core/team.h"

namespace dualtape {

int available_threads() {
#ifdef __linux__
    cpu_set_t mine;
    if (sched_getaffinity(0, sizeof(mine), &mine) == 0) return std::max(1, CPU_COUNT(&mine));
#endif
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int resolve_threads(int requested) {
    if (requested > 0) return requested;
    const char* wish = std::getenv("OMP_NUM_THREADS");
    const long wanted = wish == nullptr ? 0 : std::strtol(wish, nullptr, 10);
    const int available = available_threads();
    return wanted > 0 && wanted < available ? static_cast<int>(wanted) : available;
}

bool is_inside_parallel() { return Team::of_process().is_at_work(); }

void parallel_for(int threads, Index tasks, TaskBody body) {
    if (threads <= 1 || tasks <= 1 || is_inside_parallel()) {
        for (Index task = 0; task < tasks; ++task) body(task, 0);
        return;
    }
    Loop loop(body, tasks, static_cast<int>(std::min<Index>(threads, tasks)));
    Team::of_process().run(loop);
    if (loop.error) std::rethrow_exception(loop.error);
}

}  // namespace dualtape
