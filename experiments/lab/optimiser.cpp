#include "experiments/lab/optimiser.h"

#include <span>
#include <stdexcept>

#include "experiments/lab/errors.h"
#include "experiments/lab/options.h"

namespace dualtape::lab {

namespace {

optim::AdamSettings adam_settings(const OptimiserSettings& settings) {
    optim::AdamSettings adam;
    (settings.optimiser == "adamw" ? adam.decoupled_decay : adam.l2) = settings.weight_decay;
    adam.beta1 = settings.beta1;
    adam.beta2 = settings.beta2;
    adam.epsilon = settings.epsilon;
    return adam;
}

optim::SgdSettings sgd_settings(const OptimiserSettings& settings) {
    return {.momentum = settings.momentum, .l2 = settings.weight_decay};
}

template <class Scalar>
std::variant<optim::Adam<Scalar>, optim::Sgd<Scalar>> make(Index num_parameters,
                                                           const OptimiserSettings& settings) {
    settings.check();
    if (settings.optimiser == "sgd") {
        return optim::Sgd<Scalar>(num_parameters, sgd_settings(settings));
    }
    return optim::Adam<Scalar>(num_parameters, adam_settings(settings));
}

template <class Scalar>
void add_vector(TensorFile& file, const char* name, const Vec<Scalar>& values) {
    file.add_vector<Scalar>(name,
                            std::span(values.data(), static_cast<std::size_t>(values.size())));
}

template <class Scalar>
Vec<Scalar> vector_of(const TensorFile& file, const char* name) {
    const std::vector<Scalar> values = file.values<Scalar>(name);
    return Eigen::Map<const Vec<Scalar>>(values.data(), static_cast<Index>(values.size()));
}

}  // namespace

void OptimiserSettings::check() const {
    schedule().check();
    if (optimiser == "sgd") {
        sgd_settings(*this).check();
    } else if (optimiser == "adam" || optimiser == "adamw") {
        adam_settings(*this).check();
    } else {
        throw std::invalid_argument("optimiser = \"" + optimiser +
                                    "\" is unknown; choose adam, adamw or sgd");
    }
}

optim::Schedule OptimiserSettings::schedule() const {
    return {.rate = learning_rate, .warm_up_steps = static_cast<Index>(warm_up)};
}

void add_optimiser(Options& options, OptimiserSettings& settings) {
    options
        .add("optimiser", settings.optimiser,
             "adam couples the decay as L2, adamw decouples it, sgd has momentum")
        .choices({"adam", "adamw", "sgd"});
    options.add("learning_rate", settings.learning_rate, "step size after the warm-up")
        .above(0)
        .in_training();
    options
        .add("weight_decay", settings.weight_decay, "L2 of adam and sgd, decoupled decay of adamw")
        .at_least(0)
        .in_training();
    options.add("beta1", settings.beta1, "Adam: decay of the first moment")
        .at_least(0)
        .below(1)
        .in_training();
    options.add("beta2", settings.beta2, "Adam: decay of the second moment")
        .at_least(0)
        .below(1)
        .in_training();
    options.add("epsilon", settings.epsilon, "Adam: added to the root of the second moment")
        .above(0)
        .in_training();
    options.add("momentum", settings.momentum, "sgd: momentum").at_least(0).below(1).in_training();
    options.add("warm_up", settings.warm_up, "linear warm-up of the learning rate")
        .unit("steps")
        .at_least(0);
}

template <class Scalar>
Optimiser<Scalar>::Optimiser(Index num_parameters, const OptimiserSettings& settings)
    : optimiser_(make<Scalar>(num_parameters, settings)) {}

template <class Scalar>
void Optimiser<Scalar>::step(Out<Vec<Scalar>> theta, In<Vec<Scalar>> gradient, double rate) {
    std::visit([&](auto& optimiser) { optimiser.step(theta, gradient, rate); }, optimiser_);
}

template <class Scalar>
Vec<double> Optimiser<Scalar>::direction() const {
    if (const auto* adam = std::get_if<optim::Adam<Scalar>>(&optimiser_)) {
        if (adam->state().steps == 0) return {};
        Vec<Scalar> diagonal(adam->state().first_moment.size());
        adam->preconditioner(diagonal);
        return adam->state().first_moment.template cast<double>().cwiseQuotient(
            diagonal.template cast<double>());
    }
    const auto& state = std::get<optim::Sgd<Scalar>>(optimiser_).state();
    return state.steps == 0 ? Vec<double>() : Vec<double>(state.velocity.template cast<double>());
}

template <class Scalar>
void Optimiser<Scalar>::save(TensorFile& file) const {
    if (const auto* adam = std::get_if<optim::Adam<Scalar>>(&optimiser_)) {
        file.add_number<std::int64_t>("optimiser.steps", adam->state().steps);
        add_vector(file, "optimiser.first_moment", adam->state().first_moment);
        add_vector(file, "optimiser.second_moment", adam->state().second_moment);
    } else {
        const auto& sgd = std::get<optim::Sgd<Scalar>>(optimiser_);
        file.add_number<std::int64_t>("optimiser.steps", sgd.state().steps);
        add_vector(file, "optimiser.velocity", sgd.state().velocity);
    }
}

template <class Scalar>
void Optimiser<Scalar>::load(const TensorFile& file) {
    const auto steps = static_cast<Index>(file.number<std::int64_t>("optimiser.steps"));
    try {
        if (auto* adam = std::get_if<optim::Adam<Scalar>>(&optimiser_)) {
            adam->restore({steps, vector_of<Scalar>(file, "optimiser.first_moment"),
                           vector_of<Scalar>(file, "optimiser.second_moment")});
        } else {
            std::get<optim::Sgd<Scalar>>(optimiser_)
                .restore({steps, vector_of<Scalar>(file, "optimiser.velocity")});
        }
    } catch (const std::invalid_argument& error) {
        throw InputError(file.where, error.what(),
                         "the checkpoint belongs to another model; start again with --force");
    }
}

template class Optimiser<float>;
template class Optimiser<double>;

}  // namespace dualtape::lab
