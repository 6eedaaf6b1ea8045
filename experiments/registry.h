#pragma once
// The reports of all experiments, by the name of the program that wrote a run.

#include <string>

#include "experiments/report/experiment_report.h"

namespace dualtape::experiments {

// By the name of the program. Throws lab::InputError for a name without one.
report::ExperimentReport experiment_report(const std::string& program);

}  // namespace dualtape::experiments
