// PyTorch's permutations: values made with torch 2.13 on the CPU.
#include "engine/kernels/torch_random.h"

#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include "engine/core/check.h"

using dualtape::kernels::torch_randperm;

TEST_CASE("permutations are those of torch.randperm after torch.manual_seed") {
    CHECK(torch_randperm(10, 0) == std::vector<std::int32_t>{4, 1, 7, 5, 3, 9, 0, 8, 6, 2});
    CHECK(torch_randperm(2, 7) == std::vector<std::int32_t>{1, 0});
    CHECK(torch_randperm(1, 5) == std::vector<std::int32_t>{0});
    CHECK(torch_randperm(0, 5).empty());
    CHECK_THROWS_AS(torch_randperm(214748364, 0), dualtape::ContractError);

    // Sum of i times place i, over the first 100 places: n, seed, sum.
    const auto sum = [](std::size_t n, std::uint64_t seed) {
        const std::vector<std::int32_t> order = torch_randperm(n, seed);
        std::int64_t total = 0;
        for (std::size_t i = 0; i < 100; ++i) {
            total += static_cast<std::int64_t>(i) * order[i];
        }
        return total;
    };
    CHECK(sum(9409, 42) == 21774225);
    CHECK(sum(9409, 0) == 23577321);
    CHECK(sum(12769, 3) == 33674800);
    CHECK(sum(70000, (std::uint64_t{1} << 40) + 5) == 151992509);
}
