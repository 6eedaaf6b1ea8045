#pragma once
// What the publication behind modular_addition claims, beside what a run measured.

#include <vector>

#include "experiments/lab/report.h"
#include "experiments/modular_addition/findings.h"

namespace dualtape::modular_addition {

std::vector<lab::Claim> claims_of_modular_addition(const ModularAdditionFindings& found);
lab::ReportTable contradictions_of_modular_addition();

}  // namespace dualtape::modular_addition
