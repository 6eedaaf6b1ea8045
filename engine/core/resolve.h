#pragma once
// From the draft of a sweep to its schedule: every plane gets a place in memory.

#include "engine/core/drafting.h"
#include "engine/core/schedule.h"

namespace dualtape {

// Planes that outlive the sweep lie where the plan put them; the others share the lane, packed by
// the calls between their first and last use. Cost: quadratic in the number of lane planes.
template <class Scalar>
Schedule<Scalar> resolve(const Plan<Scalar>& plan, const Draft& draft);

}  // namespace dualtape
