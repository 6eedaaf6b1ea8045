#include "engine/curvature/completeness.h"

#include <algorithm>
#include <cmath>
#include <functional>

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

template <class Scalar>
Index CompletenessCheck::counted(End end, const Krylov<Scalar>& krylov, Index missing,
                                 double x) const {
    const Vec<double>&values = krylov.values(), &residuals = krylov.residuals();
    Index counted = missing;
    while (counted < values.size()) {
        const Index next = end == End::largest ? values.size() - 1 - counted : counted;
        const double error = residuals[next] + criterion_.noise_floor(norm_);
        const bool has_converged = residuals[next] <= criterion_.allowed(values[next], norm_);
        if (!has_converged || outwards(end, values[next]) < x - 2 * error) break;
        ++counted;
    }
    return counted;
}

template <class Scalar>
Index CompletenessCheck::settled(End end, const Krylov<Scalar>& krylov,
                                 const Wanted& missing) const {
    const Index wanted = count(end), gone = count(end, missing);
    if (krylov.is_complete()) return wanted;
    if (end == End::magnitude || gone > krylov.values().size()) return 0;
    // All values of the end, as they stand with the missing ones in place.
    std::vector<double> kept;
    const Index last = end == End::smallest ? wanted_.all() : wanted;
    for (Index i = last - wanted; i < last - gone; ++i) {
        kept.push_back(outwards(end, found_[static_cast<std::size_t>(i)].value));
    }
    const Index size = krylov.values().size();
    for (Index i = 0; i < gone; ++i) {
        const Index at = end == End::largest ? size - 1 - i : i;
        kept.push_back(outwards(end, krylov.values()[at]));
    }
    std::sort(kept.begin(), kept.end(), std::greater<>());
    const double least = krylov.least_weight();
    for (Index settled = wanted; settled > 0; --settled) {
        const double x = kept[static_cast<std::size_t>(settled - 1)];
        const Index out = counted(end, krylov, gone, x);
        const double weight = end == End::largest ? krylov.hidden_weight(x, size - out, size)
                                                  : krylov.hidden_weight(-x, 0, out);
        if (weight < least) return settled;
    }
    return 0;
}

template Index CompletenessCheck::settled(End, const Krylov<float>&, const Wanted&) const;
template Index CompletenessCheck::settled(End, const Krylov<double>&, const Wanted&) const;

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
