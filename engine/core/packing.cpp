#include "engine/core/packing.h"

#include <algorithm>

namespace dualtape {

std::size_t pack(std::vector<LivePlane*> planes) {
    std::stable_sort(planes.begin(), planes.end(),
                     [](const auto* a, const auto* b) { return a->birth < b->birth; });
    std::size_t end = 0;
    std::vector<const LivePlane*> placed;
    for (LivePlane* plane : planes) {
        std::vector<const LivePlane*> rivals;
        for (const LivePlane* other : placed) {
            if (other->death >= plane->birth && plane->death >= other->birth) {
                rivals.push_back(other);
            }
        }
        std::sort(rivals.begin(), rivals.end(),
                  [](const auto* a, const auto* b) { return a->offset < b->offset; });
        std::size_t offset = 0;
        for (const LivePlane* rival : rivals) {
            if (offset + plane->bytes <= rival->offset) break;
            offset = std::max(offset, rival->offset + rival->bytes);
        }
        plane->offset = offset;
        end = std::max(end, offset + plane->bytes);
        placed.push_back(plane);
    }
    return end;
}

}  // namespace dualtape
