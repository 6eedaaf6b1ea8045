#pragma once
// What the publication claims, against its own stored results and against this run.

#include <vector>

#include "experiments/lab/report.h"
#include "experiments/reports/circuit_emergence/findings.h"

namespace dualtape::reports::circuit_emergence {

std::vector<lab::Claim> judge_claims(const Findings& found);

// What contradicts itself in the publication, and how it is settled here.
lab::ReportTable contradictions();

}  // namespace dualtape::reports::circuit_emergence
