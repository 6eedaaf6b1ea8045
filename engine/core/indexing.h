#pragma once
// Ids and counts are signed, positions in standard containers are not.

#include <cstddef>

#include "engine/core/types.h"

namespace dualtape {

inline std::size_t at(Index i) { return static_cast<std::size_t>(i); }

}  // namespace dualtape
