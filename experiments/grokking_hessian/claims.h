#pragma once
// What the publication claims, against its own stored results and against this run.

#include <vector>

#include "experiments/grokking_hessian/findings.h"
#include "experiments/lab/report.h"

namespace dualtape::grokking_hessian {

std::vector<lab::Claim> judge_claims(const Findings& found);

// What contradicts itself in the publication, and how it is settled here.
lab::ReportTable contradictions(const Findings& found);

}  // namespace dualtape::grokking_hessian
