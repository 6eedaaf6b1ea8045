#include "experiments/analysis/sparsity.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <Eigen/Eigenvalues>

namespace dualtape::analysis {

double gini(In<Vec<double>> values) {
    std::vector<double> sorted(values.data(), values.data() + values.size());
    for (const double x : sorted) {
        if (x >= 0) continue;
        throw std::invalid_argument("gini: " + std::to_string(x) +
                                    " is not a share of anything; values must be 0 or more");
    }
    std::sort(sorted.begin(), sorted.end());
    const auto n = static_cast<double>(sorted.size());
    double total = 0, weighted = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        total += sorted[i];
        weighted += (2 * static_cast<double>(i + 1) - n - 1) * sorted[i];
    }
    return total > 0 ? weighted / (n * total) : std::numeric_limits<double>::quiet_NaN();
}

Index energy_rank(In<Mat<double>> matrix, double share) {
    if (!(share > 0 && share <= 1)) {
        throw std::invalid_argument("energy_rank: share = " + std::to_string(share) +
                                    " must lie in (0, 1]");
    }
    if (matrix.size() == 0 || matrix.isZero(0)) return 0;
    const Mat<double> gram = matrix.rows() < matrix.cols()
                                 ? Mat<double>(matrix * matrix.transpose())
                                 : Mat<double>(matrix.transpose() * matrix);
    const Vec<double> energies =
        Eigen::SelfAdjointEigenSolver<Mat<double>>(gram, Eigen::EigenvaluesOnly)
            .eigenvalues()
            .cwiseMax(0)
            .reverse();
    // Rounding of the sum must not ask for a singular value that is rounding itself.
    const double wanted = share * energies.sum() * (1 - 1e-12);
    double held = 0;
    for (Index rank = 0; rank < energies.size(); ++rank) {
        held += energies(rank);
        if (held >= wanted) return rank + 1;
    }
    return energies.size();
}

}  // namespace dualtape::analysis
