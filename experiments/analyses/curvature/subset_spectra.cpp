#include "experiments/analyses/curvature/subset_spectra.h"

#include <cmath>

namespace dualtape::analyses {

std::vector<Spectrum> measure_subset_spectra(
    const Model<double>& model, Workspace<double>& work, In<Vec<double>> theta, Batch<double> batch,
    const std::vector<curvature::Subset>& subsets,
    const std::function<Spectrum(const Point<double>&)>& measure) {
    std::vector<Spectrum> spectra;
    for (const curvature::Subset& subset : subsets) {
        batch.select(subset.data(), static_cast<Index>(subset.size()));
        spectra.push_back(measure(model.at(work, theta, batch)));
        if (spectra.back().is_cancelled()) break;
    }
    return spectra;
}

SubsetNumbers subset_numbers(const std::vector<double>& values) {
    const auto count = static_cast<Index>(values.size());
    const curvature::Estimate mean =
        curvature::mean_estimate(Eigen::Map<const Vec<double>>(values.data(), count));
    return {mean.value, std::sqrt(static_cast<double>(count)) * mean.standard_error,
            mean.standard_error};
}

}  // namespace dualtape::analyses
