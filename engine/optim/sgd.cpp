#include "engine/optim/sgd.h"

#include <utility>

#include "engine/optim/validate.h"

namespace dualtape::optim {
namespace {

template <class Scalar>
void plain_pass(Scalar* __restrict theta, const Scalar* __restrict gradient, Index size,
                Scalar rate, Scalar l2) {
    for (Index i = 0; i < size; ++i) theta[i] -= rate * (gradient[i] + l2 * theta[i]);
}

// theta -= rate * (from_gradient g + from_velocity v), after v = keep v + add g.
template <class Scalar>
struct MomentumPass {
    Scalar rate, l2, keep, add, from_gradient, from_velocity;

    void run(Scalar* __restrict theta, Scalar* __restrict velocity,
             const Scalar* __restrict gradient, Index size) const {
        const MomentumPass c = *this;
        for (Index i = 0; i < size; ++i) {
            const Scalar g = gradient[i] + c.l2 * theta[i];
            const Scalar v = c.keep * velocity[i] + c.add * g;
            velocity[i] = v;
            theta[i] -= c.rate * (c.from_gradient * g + c.from_velocity * v);
        }
    }
};

}  // namespace

void SgdSettings::check() const {
    require_fraction("momentum", momentum);
    if (!(dampening >= 0.0 && dampening < 1.0)) {
        refuse("dampening", dampening, "must lie in [0, 1); 0 is usual");
    }
    require_non_negative("l2", l2);
    if (is_nesterov && momentum == 0.0) {
        refuse("momentum", momentum, "must be above 0 with Nesterov's rule; 0.9 is usual");
    }
    if (is_nesterov && dampening != 0.0) {
        refuse("dampening", dampening, "must be 0 with Nesterov's rule");
    }
}

template <class Scalar>
Sgd<Scalar>::Sgd(Index num_parameters, const SgdSettings& settings)
    : num_parameters_(num_parameters), settings_(settings) {
    if (num_parameters < 0) refuse("num_parameters", num_parameters, "must be 0 or more");
    settings_.check();
    if (settings_.momentum > 0.0) state_.velocity.setZero(num_parameters);
}

template <class Scalar>
void Sgd<Scalar>::step(Out<Vec<Scalar>> theta, In<Vec<Scalar>> gradient, double rate) {
    require_size("theta", theta.size(), num_parameters_);
    require_size("gradient", gradient.size(), num_parameters_);
    require_non_negative("rate", rate);
    const Scalar l2 = static_cast<Scalar>(settings_.l2);
    if (settings_.momentum == 0.0) {
        plain_pass(theta.data(), gradient.data(), num_parameters_, static_cast<Scalar>(rate), l2);
    } else {
        const bool is_first = state_.steps == 0;
        const double mu = settings_.momentum;
        MomentumPass<Scalar> pass{};
        pass.rate = static_cast<Scalar>(rate);
        pass.l2 = l2;
        pass.keep = static_cast<Scalar>(is_first ? 0.0 : mu);
        pass.add = static_cast<Scalar>(is_first ? 1.0 : 1.0 - settings_.dampening);
        pass.from_gradient = settings_.is_nesterov ? Scalar(1) : Scalar(0);
        pass.from_velocity = settings_.is_nesterov ? static_cast<Scalar>(mu) : Scalar(1);
        pass.run(theta.data(), state_.velocity.data(), gradient.data(), num_parameters_);
    }
    ++state_.steps;
}

template <class Scalar>
void Sgd<Scalar>::restore(SgdState<Scalar> state) {
    if (state.steps < 0) refuse("steps", state.steps, "must be 0 or more");
    require_size("velocity", state.velocity.size(), settings_.momentum > 0.0 ? num_parameters_ : 0);
    state_ = std::move(state);
}

template class Sgd<float>;
template class Sgd<double>;

}  // namespace dualtape::optim
