#include "engine/curvature/completeness.h"

#include <algorithm>
#include <cmath>

namespace dualtape::curvature {

Index CompletenessCheck::count(End end, const Wanted& of) {
    return end == End::largest ? of.largest : end == End::smallest ? of.smallest : of.magnitude;
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
        const double margin = edge.estimate + criterion_.noise_floor(norm_);
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
                                   const Wanted& missing) const {
    const Index gone = count(end, missing);
    if (gone == count(end)) return true;
    if (gone >= values.size() || end == End::magnitude) return false;
    const Index next = end == End::largest ? values.size() - 1 - gone : gone;
    const double distance = outwards(end, displaced(end, gone).value) - outwards(end, values[next]);
    return residuals[next] <= std::max(0.1 * distance, criterion_.allowed(values[next], norm_));
}

Index CompletenessCheck::first_repeated(const Vec<double>& values, const Vec<double>& residuals,
                                        const std::vector<Index>& chosen, Index block) const {
    const auto is_repeated = [&](Index i) {
        Index copies = 0;
        for (const Index j : chosen) {
            const double apart = std::abs(values[i] - values[j]);
            const double error = residuals[i] + residuals[j] + criterion_.noise_floor(norm_);
            copies += apart <= error ? 1 : 0;
        }
        return copies >= block;
    };
    return std::find_if(chosen.begin(), chosen.end(), is_repeated) - chosen.begin();
}

}  // namespace dualtape::curvature
