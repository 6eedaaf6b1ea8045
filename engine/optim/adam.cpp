#include "engine/optim/adam.h"

#include <cmath>
#include <utility>

#include "engine/optim/validate.h"

namespace dualtape::optim {
namespace {

// base^exponent by repeated squaring: the same bits with every C library, unlike std::pow.
double integer_power(double base, Index exponent) {
    double power = 1.0;
    for (; exponent > 0; exponent /= 2, base *= base) {
        if (exponent % 2 == 1) power *= base;
    }
    return power;
}

// The constants of one step; the loop is one fused pass that the compiler vectorises.
template <class Scalar>
struct AdamPass {
    Scalar shrink, l2, beta1, rest1, beta2, rest2, epsilon;
    Scalar step_size;   // rate / (1 - beta1^t)
    Scalar root_scale;  // 1 / sqrt(1 - beta2^t)

    void run(Scalar* __restrict theta, Scalar* __restrict first, Scalar* __restrict second,
             const Scalar* __restrict gradient, Index size) const {
        const AdamPass c = *this;
        for (Index i = 0; i < size; ++i) {
            const Scalar g = gradient[i] + c.l2 * theta[i];
            const Scalar m = c.beta1 * first[i] + c.rest1 * g;
            const Scalar v = c.beta2 * second[i] + c.rest2 * g * g;
            first[i] = m;
            second[i] = v;
            theta[i] =
                c.shrink * theta[i] - c.step_size * m / (c.root_scale * std::sqrt(v) + c.epsilon);
        }
    }
};

}  // namespace

void AdamSettings::check() const {
    require_non_negative("l2", l2);
    require_non_negative("decoupled_decay", decoupled_decay);
    if (l2 > 0.0 && decoupled_decay > 0.0) {
        refuse("l2", l2, "and decoupled_decay are both set; set one of them to 0");
    }
    require_fraction("beta1", beta1);
    if (!(beta2 >= 0.0 && beta2 < 1.0)) {
        refuse("beta2", beta2, "must lie in [0, 1); 0.999 is usual");
    }
    if (!(epsilon > 0.0 && epsilon < 1e300)) {
        refuse("epsilon", epsilon, "must be a number above 0; 1e-8 is usual");
    }
}

template <class Scalar>
Adam<Scalar>::Adam(Index num_parameters, const AdamSettings& settings) : settings_(settings) {
    if (num_parameters < 0) refuse("num_parameters", num_parameters, "must be 0 or more");
    settings_.check();
    state_.first_moment.setZero(num_parameters);
    state_.second_moment.setZero(num_parameters);
}

template <class Scalar>
void Adam<Scalar>::step(Out<Vec<Scalar>> theta, In<Vec<Scalar>> gradient, double rate) {
    const Index size = state_.first_moment.size();
    require_size("theta", theta.size(), size);
    require_size("gradient", gradient.size(), size);
    require_non_negative("rate", rate);
    ++state_.steps;
    const double left1 = 1.0 - integer_power(settings_.beta1, state_.steps);
    const double left2 = 1.0 - integer_power(settings_.beta2, state_.steps);
    AdamPass<Scalar> pass{};
    pass.shrink = static_cast<Scalar>(1.0 - rate * settings_.decoupled_decay);
    pass.l2 = static_cast<Scalar>(settings_.l2);
    pass.beta1 = static_cast<Scalar>(settings_.beta1);
    pass.rest1 = static_cast<Scalar>(1.0 - settings_.beta1);
    pass.beta2 = static_cast<Scalar>(settings_.beta2);
    pass.rest2 = static_cast<Scalar>(1.0 - settings_.beta2);
    pass.epsilon = static_cast<Scalar>(settings_.epsilon);
    pass.step_size = static_cast<Scalar>(rate / left1);
    pass.root_scale = static_cast<Scalar>(1.0 / std::sqrt(left2));
    pass.run(theta.data(), state_.first_moment.data(), state_.second_moment.data(), gradient.data(),
             size);
}

template <class Scalar>
void Adam<Scalar>::preconditioner(Out<Vec<Scalar>> diagonal) const {
    require_size("diagonal", diagonal.size(), state_.second_moment.size());
    if (state_.steps < 1) refuse("steps", state_.steps, "gives no preconditioner; take a step");
    const double left2 = 1.0 - integer_power(settings_.beta2, state_.steps);
    const Scalar root_scale = static_cast<Scalar>(1.0 / std::sqrt(left2));
    diagonal =
        (root_scale * state_.second_moment.array().sqrt() + static_cast<Scalar>(settings_.epsilon))
            .matrix();
}

template <class Scalar>
void Adam<Scalar>::restore(AdamState<Scalar> state) {
    if (state.steps < 0) refuse("steps", state.steps, "must be 0 or more");
    require_size("first_moment", state.first_moment.size(), state_.first_moment.size());
    require_size("second_moment", state.second_moment.size(), state_.second_moment.size());
    state_ = std::move(state);
}

template class Adam<float>;
template class Adam<double>;

}  // namespace dualtape::optim
