#include "engine/curvature/completeness.h"

#include <algorithm>
#include <cmath>

namespace dualtape::curvature {

Index CompletenessCheck::count(End end) const {
    return end == End::largest    ? wanted_.largest
           : end == End::smallest ? wanted_.smallest
                                  : wanted_.magnitude;
}

double CompletenessCheck::outwards(End end, double value) {
    return end == End::largest ? value : end == End::smallest ? -value : std::abs(value);
}

const RitzPair& CompletenessCheck::displaced(End end, Index missing) const {
    const Index last = end == End::smallest ? wanted_.all() : count(end);
    return found_[static_cast<std::size_t>(last - 1 - missing)];
}

Index CompletenessCheck::missing(End end, const Vec<double>& values) const {
    const Index most = std::min(count(end), values.size());
    const std::vector<Index> order =
        choose(values, {end == End::largest ? most : 0, end == End::smallest ? most : 0,
                        end == End::magnitude ? most : 0});
    for (Index j = 0; j < most; ++j) {
        const RitzPair& edge = displaced(end, j);
        const double margin = edge.estimate + 10 * criterion_.noise * norm_;
        const double value = values[order[static_cast<std::size_t>(j)]];
        if (outwards(end, value) <= outwards(end, edge.value) + margin) return j;
    }
    return most;
}

Wanted CompletenessCheck::missing(const Vec<double>& values) const {
    return {missing(End::largest, values), missing(End::smallest, values),
            missing(End::magnitude, values)};
}

bool CompletenessCheck::is_settled(End end, const Vec<double>& values, const Vec<double>& residuals,
                                   Index missing) const {
    if (missing == count(end)) return true;
    if (missing >= values.size()) return false;
    const Index next = end == End::largest ? values.size() - 1 - missing : missing;
    const double distance =
        outwards(end, displaced(end, missing).value) - outwards(end, values[next]);
    return residuals[next] <= std::max(0.1 * distance, criterion_.allowed(values[next], norm_));
}

bool CompletenessCheck::is_settled(const Vec<double>& values, const Vec<double>& residuals,
                                   const Wanted& missing) const {
    return wanted_.magnitude == 0 && is_settled(End::largest, values, residuals, missing.largest) &&
           is_settled(End::smallest, values, residuals, missing.smallest);
}

bool CompletenessCheck::may_hide_more(const Vec<double>& values, const Vec<double>& residuals,
                                      const std::vector<Index>& chosen, Index block) const {
    for (const Index i : chosen) {
        Index copies = 0;
        for (const Index j : chosen) {
            const double apart = std::abs(values[i] - values[j]);
            const double allowed = criterion_.allowed(values[i], norm_);
            copies += apart <= residuals[i] + residuals[j] + allowed ? 1 : 0;
        }
        if (copies >= block) return true;
    }
    return false;
}

}  // namespace dualtape::curvature
