#include "engine/optim/clip.h"

#include <array>
#include <cmath>
#include <cstddef>

#include "engine/optim/validate.h"

namespace dualtape::optim {
namespace {

template <class Scalar>
double norm(const Scalar* x, Index size) {
    constexpr Index kLanes = 8;
    std::array<double, kLanes> sums{};
    Index i = 0;
    for (; i + kLanes <= size; i += kLanes) {
        for (Index lane = 0; lane < kLanes; ++lane) {
            const double value = static_cast<double>(x[i + lane]);
            sums[static_cast<std::size_t>(lane)] += value * value;
        }
    }
    for (; i < size; ++i) sums[0] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    double total = 0.0;
    for (double sum : sums) total += sum;
    return std::sqrt(total);
}

template <class Scalar>
double clip(Out<Vec<Scalar>> gradient, double max_norm) {
    require_positive("max_norm", max_norm);
    const double before = norm(gradient.data(), gradient.size());
    if (before > max_norm && std::isfinite(before)) {
        gradient *= static_cast<Scalar>(max_norm / before);
    }
    return before;
}

}  // namespace

double clip_by_norm(Out<Vec<double>> gradient, double max_norm) {
    return clip<double>(gradient, max_norm);
}

double clip_by_norm(Out<Vec<float>> gradient, double max_norm) {
    return clip<float>(gradient, max_norm);
}

}  // namespace dualtape::optim
