#include "experiments/registry.h"

#include "experiments/circuit_emergence/report.h"
#include "experiments/grokking_hessian/report.h"
#include "experiments/lab/errors.h"
#include "experiments/lab/suggest.h"
#include "experiments/modular_addition/report.h"
#include "experiments/study/setup.h"

namespace dualtape::experiments {

report::ExperimentReport experiment_report(const std::string& program) {
    if (program == "grokking_hessian") return grokking_hessian::grokking_hessian_report();
    if (program == "circuit_emergence") return circuit_emergence::circuit_emergence_report();
    if (program == "modular_addition") return modular_addition::modular_addition_report();
    throw lab::InputError("", "\"" + program + "\" is no experiment with a report",
                          "known are " + lab::join(study::programs()));
}

}  // namespace dualtape::experiments
