#include "experiments/lab/threads.h"

#include <algorithm>

#include "engine/core/parallel.h"

namespace dualtape::lab {

int usable_threads(std::int64_t requested) {
    if (requested <= 0) return resolve_threads(0);
    return static_cast<int>(std::min<std::int64_t>(requested, available_threads()));
}

std::string threads_advice(std::int64_t requested) {
    const int usable = usable_threads(requested);
    if (requested <= usable) return "";
    return "--threads " + std::to_string(requested) + ": there " +
           (usable == 1 ? "is 1 processor" : "are " + std::to_string(usable) + " processors") +
           " for this process, so " + std::to_string(usable) +
           (usable == 1 ? " thread runs" : " threads run") + "; results are the same";
}

}  // namespace dualtape::lab
