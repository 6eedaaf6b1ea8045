#pragma once
// What Fourier analysis says of trained networks, in sentences with numbers of its tables.

#include <string>

#include "experiments/analyses/fourier/fourier_findings.h"

namespace dualtape::analyses {

// Keys with their rule, share of explained neurons or why they are few, losses, p-values; a
// sentence or more for every setting.
std::string fourier_verdict(const FourierFindings& findings);

// A share as it stands in a table, for people: "91 %".
std::string share_text(const std::string& share);

}  // namespace dualtape::analyses
