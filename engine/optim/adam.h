#pragma once
// Adam with coupled L2, and AdamW with decoupled decay: the setting that is given names which.

#include "engine/core/types.h"

namespace dualtape::optim {

// Weight decay has two meanings that differ in their minima, so it has two names and no default:
//   AdamSettings{.l2 = 0.1}               Adam:  l2 * theta is added to the gradient
//   AdamSettings{.decoupled_decay = 1.0}  AdamW: theta shrinks by 1 - rate * decay before the step
struct AdamSettings {
    double l2 = 0.0;
    double decoupled_decay = 0.0;
    double beta1 = 0.9;     // in [0, 1)
    double beta2 = 0.999;   // in [0, 1)
    double epsilon = 1e-8;  // above 0; added after the square root

    // Throws std::invalid_argument naming the setting that is out of range, its value and remedy.
    void check() const;
};

// All that a checkpoint needs; a fresh one has no steps and zero moments.
template <class Scalar>
struct AdamState {
    Index steps = 0;
    Vec<Scalar> first_moment;   // P
    Vec<Scalar> second_moment;  // P
};

// Updates a flat theta (P). Make one per training, then call step() once per gradient.
//   theta *= 1 - rate * decoupled_decay
//   g = gradient + l2 theta
//   m = beta1 m + (1 - beta1) g           m_hat = m / (1 - beta1^t)
//   v = beta2 v + (1 - beta2) g * g       v_hat = v / (1 - beta2^t)
//   theta -= rate * m_hat / (sqrt(v_hat) + epsilon)
// Source: Kingma & Ba 2015, algorithm 1; Loshchilov & Hutter 2019, algorithm 2, with the decay
// multiplied by the rate as in PyTorch.
template <class Scalar>
class Adam {
  public:
    // Throws std::invalid_argument as AdamSettings::check(), or if both kinds of decay are set.
    Adam(Index num_parameters, const AdamSettings& settings);

    // One pass over theta; allocates nothing. Rate 0 updates the moments and leaves theta.
    // Throws std::invalid_argument if a vector has not P entries or rate is negative or NaN.
    void step(Out<Vec<Scalar>> theta, In<Vec<Scalar>> gradient, double rate);

    // D = sqrt(v_hat) + epsilon, the diagonal by which the last step divided; P, overwritten.
    // The sharpness that Adam feels is that of D^-1/2 H D^-1/2.
    // Throws std::invalid_argument before the first step, or if the result has not P entries.
    void preconditioner(Out<Vec<Scalar>> diagonal) const;

    const AdamSettings& settings() const { return settings_; }
    const AdamState<Scalar>& state() const { return state_; }
    // Throws std::invalid_argument if the moments have not P entries or steps is negative.
    void restore(AdamState<Scalar> state);

  private:
    AdamSettings settings_;
    AdamState<Scalar> state_;
};

extern template class Adam<float>;
extern template class Adam<double>;

}  // namespace dualtape::optim
