#pragma once
// Memory of planes that live during a part of a sweep only.

#include <cstddef>
#include <vector>

namespace dualtape {

struct LivePlane {
    int birth = 0, death = 0;  // the first and the last step that touch it
    std::size_t bytes = 0;
    std::size_t offset = 0;
};

// Gives every plane an offset such that planes whose lives overlap get disjoint memory: first fit
// in order of birth, equal births in the given order. Returns the bytes of them all. Cost:
// quadratic in the number of planes.
std::size_t pack(std::vector<LivePlane*> planes);

}  // namespace dualtape
