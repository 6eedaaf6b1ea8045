#pragma once
// How many threads a program takes.

#include <cstdint>
#include <string>

namespace dualtape::lab {

// `requested` threads (0: all), but no more than there are processors for this process: more would
// wait for each other. Results are the same.
int usable_threads(std::int64_t requested);

// What the user is told when that is fewer than were asked for; "" when it is not.
std::string threads_advice(std::int64_t requested);

}  // namespace dualtape::lab
