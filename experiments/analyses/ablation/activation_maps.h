#pragma once
// What a unit does over all pairs (a, b): its heat map, and its profiles against a + b and a - b.

#include <vector>

#include "engine/core/types.h"

namespace dualtape::analyses {

// Activations against a residue modulo p: every residue has p pairs.
struct ResidueProfile {
    Vec<double> mean, spread;  // p each; spread: the standard deviation, divided by p
    // Variance of the means over that of all pairs: 1 when the unit is a function of the residue.
    // 0 for a constant unit.
    double share = 0;
};

struct ActivationMap {
    Index unit = 0;
    Mat<double> grid;                // p x p: row a, column b
    ResidueProfile sum, difference;  // against (a + b) mod p and (a - b) mod p
};

// hidden: F x p^2, column a p + b, the order of the pairs in pairs/tasks.h. One map for each of the
// units. Throws std::invalid_argument when there are not p^2 columns, p < 1, or a unit does not
// exist. Cost: p^2 a unit.
std::vector<ActivationMap> activation_maps(const Mat<double>& hidden, Index p,
                                           const std::vector<Index>& units);

}  // namespace dualtape::analyses
