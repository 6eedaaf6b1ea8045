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

namespace {

// Above this share of the gap a residual alone bounds the error. Eigenvalues closer together than
// it may stand behind one Ritz pair, unseen, and then the gap is not that to the next Ritz value.
constexpr double kResolved = 1e-4;

// The pairs that one belongs with: nobody outside is as close to any of them as their errors are.
struct Cluster {
    std::vector<RitzPair> members;
    double residual = 0;  // root of the sum of squares
    double gap = std::numeric_limits<double>::infinity();
};

template <class IsSame>
Cluster cluster_of(const RitzPair& one, const std::vector<RitzPair>& found,
                   const std::vector<RitzPair>& others, const IsSame& is_same) {
    Cluster cluster{.members = {one}};
    std::vector<bool> is_member(found.size());
    const auto belongs = [&](const RitzPair& pair) {
        return std::any_of(cluster.members.begin(), cluster.members.end(),
                           [&](const RitzPair& member) { return is_same(member, pair); });
    };
    // Members make more members, so again until none is added. `one` stands among them twice.
    for (std::size_t size = 0; size != cluster.members.size();) {
        size = cluster.members.size();
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (is_member[i] || !belongs(found[i])) continue;
            is_member[i] = true;
            cluster.members.push_back(found[i]);
        }
    }
    cluster.members.erase(cluster.members.begin());
    for (const RitzPair& member : cluster.members) {
        cluster.residual = std::hypot(cluster.residual, member.residual);
    }
    // The gap is less the neighbour's own residual. A neighbour that is not resolved (residual
    // above a quarter of the distance) could hide an eigenvalue closer by: then there is none.
    const auto narrow = [&](const RitzPair& outsider) {
        for (const RitzPair& member : cluster.members) {
            const double distance = std::abs(member.value - outsider.value);
            const bool is_resolved = outsider.residual <= 0.25 * distance;
            cluster.gap = std::min(cluster.gap, is_resolved ? distance - outsider.residual : 0.0);
        }
    };
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (!is_member[i]) narrow(found[i]);
    }
    std::size_t seen = 0;
    for (const RitzPair& other : others) {
        if (belongs(other)) {
            ++seen;
        } else {
            narrow(other);
        }
    }
    // Others belong here that were not found: the cluster goes on beyond its members.
    if (seen > cluster.members.size()) cluster.gap = 0;
    return cluster;
}

}  // namespace

std::vector<EigenPair> bound_pairs(const std::vector<RitzPair>& found,
                                   const std::vector<RitzPair>& others, double tolerance,
                                   double floor) {
    const auto is_same = [&](const RitzPair& a, const RitzPair& b) {
        return std::abs(a.value - b.value) <=
               a.residual + b.residual + tolerance * std::abs(a.value) + floor;
    };
    std::vector<EigenPair> pairs;
    for (const RitzPair& one : found) {
        const Cluster cluster = cluster_of(one, found, others, is_same);
        EigenPair pair{one.value, one.residual, one.estimate};
        pair.multiplicity = std::count_if(
            found.begin(), found.end(), [&](const RitzPair& other) { return is_same(one, other); });
        const bool has_gap = std::isfinite(cluster.gap) && cluster.residual < cluster.gap;
        const bool is_resolved = has_gap && cluster.residual <= kResolved * cluster.gap;
        pair.bound =
            floor + (is_resolved ? std::min(one.residual,
                                            cluster.residual * (cluster.residual / cluster.gap))
                                 : one.residual);
        pair.angle = has_gap ? cluster.residual / cluster.gap : 1.0;
        pair.digits = certain_digits(pair.value, pair.bound);
        pair.is_sign_certain = pair.bound < std::abs(pair.value);
        pairs.push_back(pair);
    }
    return pairs;
}

}  // namespace dualtape::curvature
