#pragma once
// Tables, figures and report of the experiment circuit_emergence, from the files of its run.

#include "experiments/reports/experiment_report.h"

namespace dualtape::reports {

ExperimentReport circuit_emergence_report();

}  // namespace dualtape::reports
