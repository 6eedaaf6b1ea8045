// How many threads a program takes, and what it says when that is fewer than were asked for.

#include <doctest/doctest.h>

#include <limits>

#include "engine/core/parallel.h"
#include "experiments/lab/threads.h"

using namespace dualtape;
using namespace dualtape::lab;

TEST_CASE("a program takes no more threads than there are processors for it, and says so") {
    const std::int64_t all = available_threads();
    CHECK(usable_threads(0) == resolve_threads(0));
    CHECK(threads_advice(0).empty());
    for (std::int64_t fit = 1; fit <= all; ++fit) {
        CHECK(usable_threads(fit) == fit);
        CHECK(threads_advice(fit).empty());
    }
    for (const std::int64_t many :
         {all + 1, std::int64_t{4096}, std::numeric_limits<std::int64_t>::max()}) {
        INFO("--threads ", many);
        CHECK(usable_threads(many) == all);
        CHECK(threads_advice(many).starts_with("--threads " + std::to_string(many) + ": there "));
        CHECK(threads_advice(many).find(" " + std::to_string(all) + " thread") !=
              std::string::npos);
    }
}
