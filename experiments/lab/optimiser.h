#pragma once
// The optimiser that the settings name, with a state that goes into checkpoints.

#include <cstdint>
#include <string>
#include <variant>

#include "engine/optim/adam.h"
#include "engine/optim/schedule.h"
#include "engine/optim/sgd.h"
#include "experiments/lab/safetensors.h"

namespace dualtape::lab {

class Options;

// Weight decay means coupled L2 for adam and sgd, decoupled decay for adamw.
struct OptimiserSettings {
    std::string optimiser = "adamw";  // adam, adamw, sgd
    double learning_rate = 1e-3;
    double weight_decay = 0.0;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double momentum = 0.0;
    std::int64_t warm_up = 0;  // steps

    // Throws std::invalid_argument naming the setting that is out of range, its value and remedy.
    void check() const;
    optim::Schedule schedule() const;
};

// Adds all of them to the open group.
void add_optimiser(Options& options, OptimiserSettings& settings);

// Call step() once per gradient. Holds P or 2P scalars.
template <class Scalar>
class Optimiser {
  public:
    // Throws as OptimiserSettings::check().
    Optimiser(Index num_parameters, const OptimiserSettings& settings);

    // theta and gradient: P. Allocates nothing.
    void step(Out<Vec<Scalar>> theta, In<Vec<Scalar>> gradient, double rate);

    // The direction of the last step, up to a factor, P: Adam's m / (sqrt(v_hat) + epsilon), the
    // velocity of sgd. Decoupled decay is not part of it, coupled decay is in the moments. Empty
    // before the first step and for sgd without momentum, which keeps no direction.
    Vec<double> direction() const;

    // Steps and moments as tensors called optimiser.*; load throws InputError when they are
    // missing or do not fit.
    void save(TensorFile& file) const;
    void load(const TensorFile& file);

    // The state of Adam, for preconditioned sharpness; null for sgd.
    const optim::Adam<Scalar>* adam() const {
        return std::get_if<optim::Adam<Scalar>>(&optimiser_);
    }

  private:
    std::variant<optim::Adam<Scalar>, optim::Sgd<Scalar>> optimiser_;
};

}  // namespace dualtape::lab
