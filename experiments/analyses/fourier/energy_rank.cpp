#include "experiments/analyses/fourier/energy_rank.h"

#include <stdexcept>
#include <string>

#include "engine/curvature/dense_spectrum.h"

namespace dualtape::analyses {

Index energy_rank(In<Mat<double>> matrix, double share) {
    if (!(share > 0 && share <= 1)) {
        throw std::invalid_argument("energy_rank: share = " + std::to_string(share) +
                                    " must lie in (0, 1]");
    }
    if (matrix.size() == 0 || matrix.isZero(0)) return 0;
    const Mat<double> gram = matrix.rows() < matrix.cols()
                                 ? Mat<double>(matrix * matrix.transpose())
                                 : Mat<double>(matrix.transpose() * matrix);
    const Vec<double> energies = curvature::dense_eigenvalues(gram).cwiseMax(0).reverse();
    // Rounding of the sum must not ask for a singular value that is rounding itself.
    const double wanted = share * energies.sum() * (1 - 1e-12);
    double held = 0;
    for (Index rank = 0; rank < energies.size(); ++rank) {
        held += energies(rank);
        if (held >= wanted) return rank + 1;
    }
    return energies.size();
}

}  // namespace dualtape::analyses
