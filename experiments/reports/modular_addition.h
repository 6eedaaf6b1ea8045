#pragma once
// Tables, figures and report of the experiment modular_addition, from the files of its run.

#include "experiments/reports/experiment_report.h"

namespace dualtape::reports {

ExperimentReport modular_addition_report();

}  // namespace dualtape::reports
