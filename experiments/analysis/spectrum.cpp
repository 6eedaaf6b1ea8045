#include "experiments/analysis/spectrum.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dualtape::analysis {

namespace {

// Columns that Lanczos keeps for every wanted pair. The solver's own three cost half the memory but
// up to twice the products on spectra of networks, whose small end is dense.
constexpr Index kBasisPerPair = 7;

std::vector<Eigenvalue> values_of(const std::vector<curvature::EigenPair>& pairs) {
    std::vector<Eigenvalue> values;
    for (const curvature::EigenPair& pair : pairs) {
        values.push_back({pair.value, pair.residual, pair.bound, pair.is_converged});
    }
    return values;
}

curvature::Eigenpairs<double> find_ends(const curvature::Operator<double>& matrix,
                                        const SpectrumSettings& settings,
                                        In<Mat<double>> warm_start, const SpectrumWatch& watch) {
    curvature::LanczosSettings<double> lanczos;
    // Few pairs of a small network: the solver keeps three times as many columns.
    const Index most = std::max<Index>(matrix.rows() / 8, 1);
    lanczos.largest = std::min(settings.largest, most);
    lanczos.smallest = std::min(settings.smallest, most);
    lanczos.tolerance = settings.tolerance;
    lanczos.floor = 1;
    lanczos.verifies = settings.verifies;
    lanczos.product_noise =
        std::max(settings.product_noise, 10 * std::numeric_limits<double>::epsilon());
    lanczos.basis = kBasisPerPair * (lanczos.largest + lanczos.smallest);
    lanczos.max_products = settings.max_products;
    lanczos.seed = settings.seed;
    lanczos.start = warm_start;
    lanczos.threads = settings.threads;
    lanczos.progress = [&](const curvature::LanczosProgress& state) {
        return watch({"eigenvalues", state.products, 0, state.largest, state.smallest,
                      state.worst_residual});
    };
    return curvature::lanczos<double>(matrix, lanczos);
}

void take(const curvature::Eigenpairs<double>& found, Spectrum& result) {
    result.largest = values_of(found.largest);
    result.smallest = values_of(found.smallest);
    result.status = curvature::text(found.status);
    result.products = found.products + found.check_products;
    result.restarts = found.restarts;
    result.num_wanted = static_cast<Index>(found.largest.size() + found.smallest.size());
    for (const auto* end : {&result.largest, &result.smallest}) {
        for (const Eigenvalue& pair : *end) result.num_converged += pair.is_converged ? 1 : 0;
    }
    const double threshold = -kNegativeShare * found.norm;
    for (const Eigenvalue& pair : result.smallest) {
        result.num_negative += pair.value < threshold ? 1 : 0;
    }
    result.is_count_exact = result.num_negative < static_cast<Index>(result.smallest.size());
    result.vectors.resize(found.largest_vectors.rows(),
                          found.largest_vectors.cols() + found.smallest_vectors.cols());
    result.vectors << found.largest_vectors, found.smallest_vectors;
}

}  // namespace

Spectrum measure_spectrum(const curvature::Operator<double>& matrix,
                          const SpectrumSettings& settings, In<Mat<double>> warm_start,
                          const SpectrumWatch& watch) {
    Spectrum result;
    const auto found = find_ends(matrix, settings, warm_start, watch);
    take(found, result);
    if (result.is_cancelled()) return result;

    const double top = result.largest.empty() ? 0 : result.largest[0].value;
    const double bottom = result.smallest.empty() ? 0 : result.smallest[0].value;
    const curvature::Deflation<double> deflation = curvature::converged_pairs(found);
    if (settings.has_trace) {
        if (!watch({"trace", 0, settings.trace_probes, top, bottom, 0})) {
            result.status = "cancelled";
            return result;
        }
        curvature::TraceSettings<double> trace;
        trace.budget = settings.trace_probes;
        trace.seed = settings.seed;
        trace.deflation = deflation;
        trace.threads = settings.threads;
        result.trace = curvature::trace_and_norm<double>(matrix, trace);
    }
    if (settings.has_density) {
        curvature::DensitySettings<double> density;
        density.probes = settings.density_probes;
        density.steps = settings.density_steps;
        density.seed = settings.seed;
        density.deflation = deflation;
        density.threads = settings.threads;
        density.progress = [&](const curvature::DensityProgress& state) {
            return watch({"density", state.products, state.planned, top, bottom, 0});
        };
        result.measure = curvature::spectral_measure<double>(matrix, density);
        if (result.measure->status == curvature::DensityStatus::cancelled) {
            result.status = "cancelled";
        }
    }
    return result;
}

}  // namespace dualtape::analysis
