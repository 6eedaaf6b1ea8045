// The regression gate: exits 1 when a ratio that should hold on every machine is exceeded.

#include <cstdio>

#include "bench/measure.h"

namespace {

using namespace dualtape;
using bench::Work;

// Flop ratios are 2.00, 1.33 and 1.00; the bounds leave room for elementwise work and noise.
struct Bound {
    Work work;
    double over_gradient;
};
constexpr Bound kBounds[] = {{Work::hessian, 2.2},
                             {Work::hessian_block_8, 2.2},
                             {Work::gauss_newton, 1.5},
                             {Work::curvature, 1.2}};
constexpr double kOverProducts = 1.3;
constexpr int kRepetitions = 31;

template <class Scalar>
int check(const char* scalar) {
    int failures = 0;
    for (const int depth : {2, 4, 7}) {
        const auto workload = bench::mlp<Scalar>(depth, 1);
        for (const Bound& bound : kBounds) {
            const auto result = bench::measure(*workload, bound.work, kRepetitions);
            const bool passes = result.over_gradient <= bound.over_gradient &&
                                result.over_products <= kOverProducts;
            failures += passes ? 0 : 1;
            std::printf(
                "%s\t%s\t%s\t%.2f of a gradient (<= %.2f)\t%.2f of the bare products "
                "(<= %.2f)\t%s\n",
                workload->name.c_str(), scalar, bench::name_of(bound.work), result.over_gradient,
                bound.over_gradient, result.over_products, kOverProducts,
                passes ? "ok" : "EXCEEDED");
        }
    }
    return failures;
}

}  // namespace

int main() {
    const int failures = check<double>("double") + check<float>("float");
    std::printf("%d exceeded\n", failures);
    return failures == 0 ? 0 : 1;
}
