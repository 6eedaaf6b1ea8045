#pragma once
// The axis of a figure over the steps of a training.

#include "experiments/lab/figure.h"

namespace dualtape::report {

// Logarithmic from step 1 on, as trainings change most at their start; but linear where the points
// of a line lie so that more than half of a logarithmic axis would hold none of them, as visits at
// even distances do, and a linear axis shows them better. Call it once the panels are filled.
lab::Axis step_axis(const lab::Figure& figure);

}  // namespace dualtape::report
