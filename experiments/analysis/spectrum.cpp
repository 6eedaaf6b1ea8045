#include "experiments/analysis/spectrum.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/curvature/dense.h"
#include "engine/curvature/dense_spectrum.h"

namespace dualtape::analysis {

namespace {

// Columns that Lanczos keeps for every wanted pair. The solver's own three cost half the memory but
// up to twice the products on spectra of networks, whose small end is dense.
constexpr Index kBasisPerPair = 7;

// The whole matrix of so few rows costs no more products than its ends.
constexpr Index kAlwaysDense = 300;

// Pairs that Lanczos is asked for at either end: of a small network few, as the solver keeps three
// times as many columns.
Index most_pairs(Index rows) { return std::max<Index>(rows / 8, 1); }

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
    const Index most = most_pairs(matrix.rows());
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

void take(const curvature::Eigenpairs<double>& found, const SpectrumSettings& settings,
          Spectrum& result) {
    result.largest = values_of(found.largest);
    result.smallest = values_of(found.smallest);
    result.status = curvature::text(found.status);
    result.products = found.products + found.check_products;
    result.restarts = found.restarts;
    result.num_wanted = settings.largest + settings.smallest;
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

// Is the whole spectrum the cheaper way to all that is wanted, or the only one?
bool prefers_dense(Index rows, const SpectrumSettings& settings) {
    const Index pairs = std::max(settings.largest, settings.smallest);
    if (pairs > most_pairs(rows) && rows <= settings.dense_limit) return true;
    Index products = settings.expected_products;
    if (settings.has_trace) products += settings.trace_probes;
    if (settings.has_density) products += settings.density_probes * settings.density_steps;
    curvature::DenseLimits limits;
    limits.rows = std::min(kAlwaysDense, settings.dense_limit);
    limits.memory = curvature::dense_bytes(settings.dense_limit);
    return curvature::prefers_dense(rows, products, limits);
}

// A sum over the whole spectrum.
curvature::TraceEstimate exactly(double value) {
    curvature::TraceEstimate estimate;
    estimate.value = estimate.low = estimate.high = value;
    return estimate;
}

Spectrum measure_dense(const curvature::Operator<double>& matrix, const SpectrumSettings& settings,
                       const SpectrumWatch& watch) {
    const Index p = matrix.rows();
    Spectrum result;
    result.status = "cancelled";
    result.vectors.resize(p, 0);
    if (!watch({"whole matrix", 0, p, 0, 0, 0})) return result;
    const Mat<double> dense =
        curvature::dense_matrix(matrix, curvature::dense_bytes(settings.dense_limit)).matrix;
    result.products = p;
    if (!dense.allFinite()) {
        result.status = "nonfinite";
        return result;
    }
    const Vec<double> values = curvature::dense_eigenvalues(dense);  // rising
    const double norm = values.cwiseAbs().maxCoeff();
    const double accuracy = static_cast<double>(p) * std::numeric_limits<double>::epsilon() * norm;
    for (Index i = 0; i < std::min(settings.largest, p); ++i) {
        result.largest.push_back({values[p - 1 - i], accuracy, accuracy, true});
    }
    for (Index i = 0; i < std::min(settings.smallest, p); ++i) {
        result.smallest.push_back({values[i], accuracy, accuracy, true});
    }
    result.num_wanted = static_cast<Index>(result.largest.size() + result.smallest.size());
    result.num_converged = result.num_wanted;
    result.num_negative = (values.array() < -kNegativeShare * norm).count();
    if (settings.has_trace) result.trace = {exactly(values.sum()), exactly(values.squaredNorm())};
    if (settings.has_density) result.measure = curvature::exact_measure(values);
    const bool goes_on = watch({"whole matrix", p, p, values[p - 1], values[0], 0});
    result.status = goes_on ? "exact" : "cancelled";
    return result;
}

}  // namespace

Spectrum measure_spectrum(const curvature::Operator<double>& matrix,
                          const SpectrumSettings& settings, In<Mat<double>> warm_start,
                          const SpectrumWatch& watch) {
    if (prefers_dense(matrix.rows(), settings)) return measure_dense(matrix, settings, watch);
    Spectrum result;
    const auto found = find_ends(matrix, settings, warm_start, watch);
    take(found, settings, result);
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
