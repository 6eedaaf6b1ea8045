#include "experiments/setups/setup.h"

#include "experiments/lab/errors.h"
#include "experiments/lab/suggest.h"
#include "experiments/setups/circuit_emergence.h"
#include "experiments/setups/grokking_hessian.h"
#include "experiments/setups/modular_addition.h"

namespace dualtape::setups {

const std::vector<std::string>& programs() {
    static const std::vector<std::string> names{"grokking_hessian", "circuit_emergence",
                                                "modular_addition"};
    return names;
}

std::unique_ptr<Setup> make_setup(const std::string& program) {
    if (program == "grokking_hessian") return std::make_unique<GrokkingHessian>();
    if (program == "circuit_emergence") return std::make_unique<CircuitEmergence>();
    if (program == "modular_addition") return std::make_unique<ModularAddition>();
    throw lab::InputError("", "\"" + program + "\" is no experiment of this version",
                          "known are " + lab::join(programs()));
}

}  // namespace dualtape::setups
