#include "experiments/study/setup.h"

#include "experiments/circuit_emergence/settings.h"
#include "experiments/grokking_hessian/settings.h"
#include "experiments/lab/errors.h"
#include "experiments/lab/suggest.h"
#include "experiments/modular_addition/settings.h"

namespace dualtape::study {

const std::vector<std::string>& programs() {
    static const std::vector<std::string> names{"grokking_hessian", "circuit_emergence",
                                                "modular_addition"};
    return names;
}

std::unique_ptr<Setup> make_setup(const std::string& program) {
    if (program == "grokking_hessian") return std::make_unique<grokking_hessian::GrokkingHessian>();
    if (program == "circuit_emergence")
        return std::make_unique<circuit_emergence::CircuitEmergence>();
    if (program == "modular_addition") return std::make_unique<modular_addition::ModularAddition>();
    throw lab::InputError("", "\"" + program + "\" is no experiment of this version",
                          "known are " + lab::join(programs()));
}

}  // namespace dualtape::study
