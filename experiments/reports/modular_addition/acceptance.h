#pragma once
// acceptance.tsv of a run of modular_addition.

#include "experiments/reports/modular_addition/findings.h"

namespace dualtape::reports {

// The published setting is held to the published numbers; full batches with decay 0.5 or more, for
// addition without noise, to delayed generalisation by neurons of single frequencies. Other
// settings and trainings of less than 1000 steps promise nothing: no rows.
void write_acceptance(const ModularAdditionFindings& found);

}  // namespace dualtape::reports
