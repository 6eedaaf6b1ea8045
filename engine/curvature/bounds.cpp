#include "engine/curvature/bounds.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dualtape::curvature {

int certain_digits(double value, double bound) {
    constexpr double kMost = 15;
    if (!(std::isfinite(value) && 2 * bound < std::abs(value))) return 0;
    return static_cast<int>(std::min(kMost, -std::log10(2 * bound / std::abs(value))));
}

std::vector<EigenPair> bound_pairs(const std::vector<RitzPair>& found,
                                   const std::vector<RitzPair>& others, double tolerance,
                                   double floor) {
    const auto is_same = [&](const RitzPair& a, const RitzPair& b) {
        return std::abs(a.value - b.value) <=
               a.residual + b.residual + tolerance * std::abs(a.value) + floor;
    };
    std::vector<EigenPair> pairs;
    for (const RitzPair& one : found) {
        EigenPair pair{one.value, one.residual, one.estimate};
        double gap = std::numeric_limits<double>::infinity();
        double cluster = 0;  // root of the sum of squared residuals in it
        // The gap is less the neighbour's own residual. A neighbour that is not resolved (residual
        // above a quarter of the distance) could hide an eigenvalue closer by; then only the
        // residual bounds the error.
        const auto narrow = [&](const RitzPair& other) {
            const double distance = std::abs(one.value - other.value);
            const bool is_resolved = other.residual <= 0.25 * distance;
            gap = std::min(gap, is_resolved ? distance - other.residual : 0.0);
        };
        pair.multiplicity = 0;
        for (const RitzPair& other : found) {
            if (is_same(one, other)) {
                ++pair.multiplicity;
                cluster = std::hypot(cluster, other.residual);
            } else {
                narrow(other);
            }
        }
        for (const RitzPair& other : others) {
            if (!is_same(one, other)) narrow(other);
        }
        const bool has_gap = gap > cluster && std::isfinite(gap);
        pair.bound =
            floor + std::min(one.residual, has_gap ? cluster * (cluster / gap) : one.residual);
        pair.angle = has_gap ? cluster / gap : 1.0;
        pair.digits = certain_digits(pair.value, pair.bound);
        pair.is_sign_certain = pair.bound < std::abs(pair.value);
        pairs.push_back(pair);
    }
    return pairs;
}

}  // namespace dualtape::curvature
