#include "experiments/analyses/fourier/permutation_null.h"

#include <cmath>
#include <stdexcept>
#include <string>

#include "engine/kernels/random.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

constexpr double kTie = 1e-10;

}  // namespace

void check_null_settings(const NullSettings& settings) {
    if (settings.permutations < 1) {
        throw std::invalid_argument("permutation null: " + std::to_string(settings.permutations) +
                                    " permutations give no p-value; ask for 1 or more");
    }
    if (!(settings.level > 0 && settings.level < 1)) {
        throw std::invalid_argument("permutation null: level " + std::to_string(settings.level) +
                                    " is no quantile; choose one inside (0, 1)");
    }
}

std::vector<Index> draw_tokens(Index p, const NullSettings& settings, Index index) {
    kernels::Stream stream(settings.seed, "permutations", static_cast<std::uint64_t>(index));
    return stream.permutation(p);
}

double permutation_p_value(double observed, In<Vec<double>> draws) {
    const double bound = observed - kTie * std::abs(observed);
    Index as_large = 0;
    for (const double draw : draws) as_large += draw >= bound ? 1 : 0;
    return static_cast<double>(1 + as_large) / static_cast<double>(1 + draws.size());
}

Vec<double> null_floor(In<Mat<double>> draws, double level) {
    Vec<double> floor(draws.rows());
    for (Index i = 0; i < draws.rows(); ++i) {
        std::vector<double> row;
        for (Index r = 0; r < draws.cols(); ++r) row.push_back(draws(i, r));
        floor(i) = statistics::quantile(std::move(row), level);
    }
    return floor;
}

}  // namespace dualtape::analyses
