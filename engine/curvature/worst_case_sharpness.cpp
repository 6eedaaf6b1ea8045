#include "engine/curvature/worst_case_sharpness.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "engine/curvature/length.h"
#include "engine/kernels/random.h"

namespace dualtape::curvature {

namespace {

enum class Region { ball, box };

// The region in units of its radii: delta = radii * z with |z| <= 1, in the 2-norm for the ball and
// the largest entry for the box.
struct Domain {
    Region region;
    Vec<double> radii;

    double norm(const Vec<double>& z) const {
        return region == Region::ball ? length(z) : largest_entry(z);
    }
    void project(Vec<double>& z) const {
        if (region == Region::ball) {
            z /= std::max(1.0, z.norm());
        } else {
            z = z.cwiseMax(-1).cwiseMin(1);
        }
    }
    // On the sphere, or uniform in the box.
    Vec<double> draw(std::uint64_t seed, Index start) const {
        kernels::Stream stream(seed, "ascent", static_cast<std::uint64_t>(start));
        Vec<double> z(radii.size());
        if (region == Region::ball) {
            stream.fill_normal(z.data(), z.size());
            z.normalize();
        } else {
            stream.fill_uniform(z.data(), z.size());
            z = 2 * z.array() - 1;
        }
        return z;
    }
};

void check(const std::string& measure, const std::string& name, double radius,
           const AscentSettings& settings) {
    if (!(radius >= 0)) {
        throw std::invalid_argument(measure + ": " + name + " = " + std::to_string(radius) +
                                    " must be 0 or more");
    }
    if (settings.starts < 1 || settings.evaluations < 1) {
        throw std::invalid_argument(measure + ": " + std::to_string(settings.starts) +
                                    " starts of " + std::to_string(settings.evaluations) +
                                    " evaluations; use 1 or more of both");
    }
}

// The loss reached from z.
template <class Scalar>
double climb(const LossGradient<Scalar>& loss, In<Vec<Scalar>> theta, const Domain& domain,
             Vec<double> z, Index evaluations) {
    Vec<Scalar> gradient(theta.size()), moved(theta.size());
    const auto evaluate = [&](const Vec<double>& at) {
        moved = theta + domain.radii.cwiseProduct(at).cast<Scalar>();
        return loss(moved, gradient);
    };
    Vec<double> uphill(theta.size());  // the gradient in units of the radii, of length 1
    const auto turn = [&] {
        uphill = domain.radii.cwiseProduct(gradient.template cast<double>());
        const double steepness = domain.norm(uphill);
        if (steepness > 0) uphill /= steepness;
    };
    double here = evaluate(z), step = 1;
    turn();
    for (Index i = 1; i < evaluations; ++i) {
        Vec<double> trial = z + step * uphill;
        domain.project(trial);
        const double there = evaluate(trial);
        const bool is_higher = there > here;  // false for NaN
        step *= is_higher ? 2 : 0.5;
        if (!is_higher) continue;
        z = trial;
        here = there;
        turn();
    }
    return here;
}

// The largest loss found, at least `here`, that of theta itself.
template <class Scalar>
double highest(const LossGradient<Scalar>& loss, In<Vec<Scalar>> theta, double here,
               const Domain& domain, const AscentSettings& settings) {
    double best = here;
    for (Index start = 0; start < settings.starts && theta.size() > 0; ++start) {
        const Vec<double> z = start == 0 ? Vec<double>(Vec<double>::Zero(theta.size()))
                                         : domain.draw(settings.seed, start);
        best = std::max(best, climb<Scalar>(loss, theta, domain, z, settings.evaluations));
    }
    return best;
}

template <class Scalar>
double value(const LossGradient<Scalar>& loss, In<Vec<Scalar>> theta) {
    Vec<Scalar> gradient(theta.size());
    return loss(theta, gradient);
}

}  // namespace

template <class Scalar>
double epsilon_sharpness(const LossGradient<Scalar>& loss, In<Vec<Scalar>> theta, double rho,
                         const AscentSettings& settings) {
    check("epsilon sharpness", "rho", rho, settings);
    const Domain ball{Region::ball, Vec<double>::Constant(theta.size(), rho)};
    const double here = value<Scalar>(loss, theta);
    return highest<Scalar>(loss, theta, here, ball, settings) - here;
}

template <class Scalar>
double keskar_sharpness(const LossGradient<Scalar>& loss, In<Vec<Scalar>> theta, double epsilon,
                        const AscentSettings& settings) {
    check("keskar sharpness", "epsilon", epsilon, settings);
    const Domain box{Region::box,
                     epsilon * (theta.template cast<double>().cwiseAbs().array() + 1).matrix()};
    const double here = value<Scalar>(loss, theta);
    return 100 * (highest<Scalar>(loss, theta, here, box, settings) - here) / (1 + here);
}

#define DUALTAPE_INSTANTIATE(Scalar)                                                        \
    template double epsilon_sharpness(const LossGradient<Scalar>&, In<Vec<Scalar>>, double, \
                                      const AscentSettings&);                               \
    template double keskar_sharpness(const LossGradient<Scalar>&, In<Vec<Scalar>>, double,  \
                                     const AscentSettings&);
DUALTAPE_INSTANTIATE(float)
DUALTAPE_INSTANTIATE(double)
#undef DUALTAPE_INSTANTIATE

}  // namespace dualtape::curvature
