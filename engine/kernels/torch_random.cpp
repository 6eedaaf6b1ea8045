#include "engine/kernels/torch_random.h"

#include <numeric>
#include <utility>

#include "engine/core/check.h"
#include "engine/kernels/mersenne_twister.h"

namespace dualtape::kernels {

std::vector<std::int32_t> torch_randperm(std::size_t n, std::uint64_t seed) {
    DUALTAPE_CHECK(n, <, std::size_t{0xffffffff} / 20);
    MersenneTwister words(static_cast<std::uint32_t>(seed));
    std::vector<std::int32_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t i = 0; i + 1 < n; ++i) {
        std::swap(order[i], order[i + words() % (n - i)]);
    }
    return order;
}

}  // namespace dualtape::kernels
