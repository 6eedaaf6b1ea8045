#pragma once
// Random test vectors v with E[v v'] = I, from which estimators learn about a matrix.

#include <cstdint>
#include <string_view>

#include "engine/core/types.h"

namespace dualtape::curvature {

// Signs; standard normal entries; uniform on the sphere of radius sqrt(P).
enum class Probe { rademacher, gaussian, sphere };

// Overwrites the columns of v with the probes first, first + 1, ... of the streams
// (seed, purpose, number of the probe). A probe does not depend on the others in its block.
template <class Scalar>
void fill_probes(Probe kind, std::uint64_t seed, std::string_view purpose, Index first,
                 Out<Mat<Scalar>> v);

}  // namespace dualtape::curvature
