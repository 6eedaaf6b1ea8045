#pragma once
// Independent trainings on the threads of a run: side by side, or one after the other.

#include <functional>
#include <vector>

#include "engine/core/types.h"

namespace dualtape::lab {

// Calls body(task, threads) once for every task; `threads` is how many the task may use inside.
// Tasks run side by side on one thread each, the most expensive first, unless that would leave
// threads idle for longer than all threads inside one task after the other would lose; a task
// alone gets all of them. Costs are relative; only their ratios count. efficiency: the speed-up of
// threads inside a task, over their number. Results must not depend on `threads`. The exception of
// a task that threw is rethrown after the others have ended.
void run_side_by_side(const std::vector<double>& costs, int threads, double efficiency,
                      const std::function<void(std::size_t task, int threads)>& body);

}  // namespace dualtape::lab
