#include "engine/core/packing.h"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "engine/kernels/random.h"

using namespace dualtape;

namespace {

std::size_t pack_all(std::vector<LivePlane>& planes) {
    std::vector<LivePlane*> pointers;
    for (LivePlane& plane : planes) pointers.push_back(&plane);
    return pack(pointers);
}

}  // namespace

TEST_CASE("planes that live at the same time do not overlap, and all lie within the total") {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        kernels::Stream stream(seed, "data");
        std::vector<LivePlane> planes(1 + stream.below(30));
        for (LivePlane& plane : planes) {
            plane.birth = static_cast<int>(stream.below(20)) - 1;
            plane.death = plane.birth + static_cast<int>(stream.below(6));
            plane.bytes = 64 * stream.below(5);
        }
        const std::size_t total = pack_all(planes);
        INFO("seed ", seed);
        for (std::size_t i = 0; i < planes.size(); ++i) {
            const LivePlane& a = planes[i];
            CHECK(a.offset + a.bytes <= total);
            for (std::size_t j = 0; j < i; ++j) {
                const LivePlane& b = planes[j];
                if (a.death < b.birth || b.death < a.birth) continue;
                const bool is_disjoint =
                    a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
                CHECK(is_disjoint);
            }
        }
    }
}

TEST_CASE("a chain of planes, each read by the next, takes the memory of two") {
    std::vector<LivePlane> planes;
    for (int i = 0; i < 10; ++i) planes.push_back({i, i + 1, 64});
    CHECK(pack_all(planes) == 128);
    std::vector<LivePlane> none;
    CHECK(pack_all(none) == 0);
}
