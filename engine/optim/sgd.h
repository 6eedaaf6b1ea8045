#pragma once
// Stochastic gradient descent with momentum.

#include "engine/core/types.h"

namespace dualtape::optim {

struct SgdSettings {
    double momentum = 0.0;     // mu, in [0, 1)
    double dampening = 0.0;    // tau, in [0, 1); 0 with Nesterov
    bool is_nesterov = false;  // needs momentum > 0
    double l2 = 0.0;           // coupled: l2 * theta is added to the gradient

    // Throws std::invalid_argument naming the setting that is out of range, its value and remedy.
    void check() const;
};

// All that a checkpoint needs; a fresh one has no steps and zero velocity.
template <class Scalar>
struct SgdState {
    Index steps = 0;
    Vec<Scalar> velocity;  // P, or empty when the momentum is 0
};

// Updates a flat theta (P). Make one per training, then call step() once per gradient.
//   g = gradient + l2 theta
//   v = mu v + (1 - tau) g          (v = g at the first step)
//   theta -= rate * v               (Nesterov: rate * (g + mu v); momentum 0: rate * g)
// The convention is PyTorch's: the rate multiplies the velocity, it does not enter it.
template <class Scalar>
class Sgd {
  public:
    Sgd(Index num_parameters, const SgdSettings& settings);

    // One pass over theta; allocates nothing. Rate 0 updates the velocity and leaves theta.
    // Throws std::invalid_argument if a vector has not P entries or rate is negative or NaN.
    void step(Out<Vec<Scalar>> theta, In<Vec<Scalar>> gradient, double rate);

    const SgdSettings& settings() const { return settings_; }
    const SgdState<Scalar>& state() const { return state_; }
    // Throws std::invalid_argument if the state does not fit P and the settings.
    void restore(SgdState<Scalar> state);

  private:
    Index num_parameters_;
    SgdSettings settings_;
    SgdState<Scalar> state_;
};

extern template class Sgd<float>;
extern template class Sgd<double>;

}  // namespace dualtape::optim
