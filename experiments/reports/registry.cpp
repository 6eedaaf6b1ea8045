#include "experiments/reports/registry.h"

#include "experiments/lab/errors.h"
#include "experiments/lab/suggest.h"
#include "experiments/reports/circuit_emergence.h"
#include "experiments/reports/grokking_hessian.h"
#include "experiments/reports/modular_addition.h"
#include "experiments/setups/setup.h"

namespace dualtape::reports {

ExperimentReport experiment_report(const std::string& program) {
    if (program == "grokking_hessian") return grokking_hessian_report();
    if (program == "circuit_emergence") return circuit_emergence_report();
    if (program == "modular_addition") return modular_addition_report();
    throw lab::InputError("", "\"" + program + "\" is no experiment with a report",
                          "known are " + lab::join(setups::programs()));
}

}  // namespace dualtape::reports
