#pragma once
// The spectrum on subsets of the samples: how much of a curvature is that of these very samples.

#include <functional>
#include <vector>

#include "engine/core/point.h"
#include "engine/curvature/estimate.h"
#include "engine/curvature/subsets.h"
#include "experiments/analyses/curvature/spectrum.h"

namespace dualtape::analyses {

// measure(point) for the batch of each subset, one after the other; stops after a spectrum that
// was cancelled. `batch` holds the samples that the subsets number. Makes earlier points of the
// workspace stale. Cost: that of `measure` on so many samples. Throws std::invalid_argument for a
// subset with samples that the batch has not.
std::vector<Spectrum> measure_subset_spectra(
    const Model<double>& model, Workspace<double>& work, In<Vec<double>> theta, Batch<double> batch,
    const std::vector<curvature::Subset>& subsets,
    const std::function<Spectrum(const Point<double>&)>& measure);

// A number of every subset. Random subsets are drawn alike, so the standard error is that of their
// mean, though they may share samples.
struct SubsetNumbers {
    double mean = 0;
    double sd = 0;              // between subsets, with n - 1
    double standard_error = 0;  // sd / sqrt(subsets); both NaN for a single one
};
SubsetNumbers subset_numbers(const std::vector<double>& values);

}  // namespace dualtape::analyses
