#include "engine/curvature/sharpness_measures.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "engine/curvature/estimate.h"
#include "engine/curvature/length.h"
#include "engine/curvature/normalised_operator.h"
#include "engine/kernels/random.h"

namespace dualtape::curvature {

namespace {

constexpr double kTypicalWeight = 0.01;  // of ASAM: keeps parameters at zero movable
constexpr int kDoublings = 40;
constexpr double kAccuracy = 0.01;  // of the critical step

// L(theta + delta) - L(theta)
template <class Scalar>
double rise(const Loss<Scalar>& loss, In<Vec<Scalar>> theta, const Vec<double>& delta) {
    const Vec<Scalar> moved = theta + delta.cast<Scalar>();
    return loss(moved) - loss(theta);
}

}  // namespace

template <class Scalar>
double gradient_curvature(const Operator<Scalar>& hessian, In<Vec<Scalar>> gradient) {
    const Vec<Scalar> direction = in_own_unit<Scalar>(gradient);
    const NormalisedOperator<Scalar> scaled(hessian);
    const double form = scaled.quadratic(direction)[0];
    return scaled.unit() * (form / direction.template cast<double>().squaredNorm());
}

template <class Scalar>
CriticalSharpness critical_sharpness(const Loss<Scalar>& loss, In<Vec<Scalar>> theta,
                                     In<Vec<Scalar>> direction, double first_step) {
    if (!(first_step > 0 && std::isfinite(first_step))) {
        throw std::invalid_argument("critical sharpness: first_step = " +
                                    std::to_string(first_step) + " must be a positive number");
    }
    CriticalSharpness result;
    const double start = loss(theta);
    Vec<Scalar> moved(theta.size());
    const auto exceeds = [&](double step) {
        moved = theta + (step * direction.template cast<double>()).template cast<Scalar>();
        ++result.evaluations;
        return !(loss(moved) <= start);
    };
    // Step 1. Bracket: the loss exceeds its start at high = 2 low, and not at low.
    double high = first_step;
    int doublings = 0;
    if (exceeds(high)) {
        while (doublings < kDoublings && exceeds(high / 2)) {
            high /= 2;
            ++doublings;
        }
        if (doublings == kDoublings) high = 0;
    } else {
        high *= 2;
        while (doublings < kDoublings && !exceeds(high)) {
            high *= 2;
            ++doublings;
        }
        if (doublings == kDoublings) high = std::numeric_limits<double>::infinity();
    }
    result.step = high;
    // Step 2. Bisect.
    if (high > 0 && std::isfinite(high)) {
        double low = high / 2;
        while (high - low > kAccuracy * low) {
            const double middle = 0.5 * (low + high);
            (exceeds(middle) ? high : low) = middle;
        }
        result.step = 0.5 * (low + high);
    }
    result.value = 2 / result.step;
    return result;
}

template <class Scalar>
double sam_sharpness(const Loss<Scalar>& loss, In<Vec<Scalar>> theta, In<Vec<Scalar>> gradient,
                     double rho) {
    const Vec<double> g = in_own_unit<Scalar>(gradient).template cast<double>();
    return rise<Scalar>(loss, theta, rho / g.norm() * g);
}

template <class Scalar>
double asam_sharpness(const Loss<Scalar>& loss, In<Vec<Scalar>> theta, In<Vec<Scalar>> gradient,
                      double rho) {
    const Vec<double> t = theta.template cast<double>().cwiseAbs().array() + kTypicalWeight;
    const Vec<double> tg = t.cwiseProduct(in_own_unit<Scalar>(gradient).template cast<double>());
    return rise<Scalar>(loss, theta, rho / tg.norm() * t.cwiseProduct(tg));
}

template <class Scalar>
AverageSharpness average_sharpness(const Loss<Scalar>& loss, In<Vec<Scalar>> theta, double sigma,
                                   Index pairs, std::uint64_t seed) {
    if (pairs < 2) {
        throw std::invalid_argument("average sharpness: " + std::to_string(pairs) +
                                    " pairs give no standard error; use 2 or more");
    }
    const double start = loss(theta);
    Vec<double> xi(theta.size()), rises(pairs);
    for (Index pair = 0; pair < pairs; ++pair) {
        kernels::Stream(seed, "average sharpness", static_cast<std::uint64_t>(pair))
            .fill_normal(xi.data(), xi.size());
        const Vec<Scalar> delta = (sigma * xi).cast<Scalar>();
        rises[pair] = 0.5 * ((loss(theta + delta) - start) + (loss(theta - delta) - start));
    }
    const Estimate mean = mean_estimate(rises);
    return {mean.value, mean.standard_error};
}

template <class Scalar>
double fisher_rao(const Operator<Scalar>& gauss_newton, In<Vec<Scalar>> theta) {
    const double unit = binary_unit(largest_entry(theta));
    const NormalisedOperator<Scalar> scaled(gauss_newton);
    const double form = scaled.quadratic(theta / static_cast<Scalar>(unit))[0];
    return scaled.unit() * form * unit * unit;
}

template <class Scalar>
double norm(In<Vec<Scalar>> theta) {
    return length(theta);
}

template <class Scalar>
double norm(In<Vec<Scalar>> theta, const IndexSet& indices) {
    check_indices(indices, theta.size(), "norm");
    return length(theta(indices));
}

#define DUALTAPE_INSTANTIATE(Scalar)                                                               \
    template double gradient_curvature(const Operator<Scalar>&, In<Vec<Scalar>>);                  \
    template CriticalSharpness critical_sharpness(const Loss<Scalar>&, In<Vec<Scalar>>,            \
                                                  In<Vec<Scalar>>, double);                        \
    template double sam_sharpness(const Loss<Scalar>&, In<Vec<Scalar>>, In<Vec<Scalar>>, double);  \
    template double asam_sharpness(const Loss<Scalar>&, In<Vec<Scalar>>, In<Vec<Scalar>>, double); \
    template AverageSharpness average_sharpness(const Loss<Scalar>&, In<Vec<Scalar>>, double,      \
                                                Index, std::uint64_t);                             \
    template double fisher_rao(const Operator<Scalar>&, In<Vec<Scalar>>);                          \
    template double norm(In<Vec<Scalar>>);                                                         \
    template double norm(In<Vec<Scalar>>, const IndexSet&);
DUALTAPE_INSTANTIATE(float)
DUALTAPE_INSTANTIATE(double)
#undef DUALTAPE_INSTANTIATE

}  // namespace dualtape::curvature
