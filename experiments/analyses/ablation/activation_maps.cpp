#include "experiments/analyses/ablation/activation_maps.h"

#include <stdexcept>
#include <string>

namespace dualtape::analyses {

namespace {

// sign 1: residues of a + b; p - 1: of a - b, as -b = (p - 1) b.
ResidueProfile profile(const Mat<double>& grid, Index sign) {
    const Index p = grid.rows();
    ResidueProfile result{Vec<double>::Zero(p), Vec<double>::Zero(p)};
    const auto residue = [&](Index a, Index b) { return (a + sign * b) % p; };
    for (Index b = 0; b < p; ++b) {
        for (Index a = 0; a < p; ++a) result.mean(residue(a, b)) += grid(a, b);
    }
    result.mean /= static_cast<double>(p);
    for (Index b = 0; b < p; ++b) {
        for (Index a = 0; a < p; ++a) {
            const double deviation = grid(a, b) - result.mean(residue(a, b));
            result.spread(residue(a, b)) += deviation * deviation;
        }
    }
    result.spread = (result.spread / static_cast<double>(p)).cwiseSqrt();
    // Variances within and between residues add up to that of all pairs.
    const double between = (result.mean.array() - result.mean.mean()).square().mean();
    const double within = result.spread.squaredNorm() / static_cast<double>(p);
    result.share = between > 0 ? between / (between + within) : 0;
    return result;
}

}  // namespace

std::vector<ActivationMap> activation_maps(const Mat<double>& hidden, Index p,
                                           const std::vector<Index>& units) {
    if (p < 1 || hidden.cols() != p * p) {
        throw std::invalid_argument("activation maps: " + std::to_string(hidden.cols()) +
                                    " columns for p = " + std::to_string(p) +
                                    "; give all p^2 pairs");
    }
    std::vector<ActivationMap> maps;
    for (const Index unit : units) {
        if (unit < 0 || unit >= hidden.rows()) {
            throw std::invalid_argument("activation maps: unit " + std::to_string(unit) +
                                        " does not exist; there are " +
                                        std::to_string(hidden.rows()) + ", from 0");
        }
        ActivationMap map;
        map.unit = unit;
        map.grid.resize(p, p);
        for (Index a = 0; a < p; ++a) {
            for (Index b = 0; b < p; ++b) map.grid(a, b) = hidden(unit, a * p + b);
        }
        map.sum = profile(map.grid, 1);
        map.difference = profile(map.grid, p - 1);
        maps.push_back(std::move(map));
    }
    return maps;
}

}  // namespace dualtape::analyses
