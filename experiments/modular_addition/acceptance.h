#pragma once
// acceptance.tsv of a run of modular_addition.

#include "experiments/modular_addition/findings.h"

namespace dualtape::modular_addition {

// Statements of the recipe nearest to the run, judged where the run has its settings: literal is
// held to the published numbers, corrected and quick to delayed generalisation by neurons of single
// frequencies. The others promise nothing: no rows.
void write_acceptance(const ModularAdditionFindings& found);

}  // namespace dualtape::modular_addition
