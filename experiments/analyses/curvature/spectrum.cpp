#include "experiments/analyses/curvature/spectrum.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/curvature/bounds.h"
#include "engine/curvature/dense.h"
#include "engine/curvature/dense_spectrum.h"
#include "engine/curvature/length.h"

namespace dualtape::analyses {

namespace {

// Columns that Lanczos keeps for every wanted pair. The solver's own three cost half the memory but
// up to twice the products on spectra of networks, whose small end is dense; where that end is to
// be resolved, more spare another third, as far as they take no more than so many bytes.
constexpr Index kBasisPerPair = 7, kLongBasisPerPair = 16;
constexpr Index kBasisBytes = Index{1} << 28;

Index basis_columns(Index rows, Index pairs, bool is_long) {
    const Index most = kBasisBytes / (8 * rows);
    const Index wanted = (is_long ? kLongBasisPerPair : kBasisPerPair) * pairs;
    return std::max(kBasisPerPair * pairs, std::min(wanted, most));
}

// The whole matrix of so few rows costs no more products than its ends.
constexpr Index kAlwaysDense = 300;

// Pairs that Lanczos is asked for at either end: of a small network few, as the solver keeps three
// times as many columns.
Index most_pairs(Index rows) { return std::max<Index>(rows / 8, 1); }

// Below this share of the largest modulus Lanczos takes a value for zero to rounding: 2^(-52 2/3).
constexpr double kZeroRounding = 3.7e-11;

bool is_as_accurate(double value, double error, double accuracy, double norm) {
    const double size = std::abs(value);
    const bool is_zero = std::max(size, error) <= kZeroRounding * norm;
    return is_zero || error <= accuracy * size;
}

Eigenvalue eigenvalue_of(const curvature::EigenPair& pair, double accuracy, double norm) {
    const double error = std::max(pair.residual, pair.bound);
    return {.value = pair.value,
            .residual = pair.residual,
            .bound = pair.bound,
            .digits = pair.digits,
            .is_sign_certain = pair.is_sign_certain,
            .is_converged = is_as_accurate(pair.value, error, accuracy, norm)};
}

curvature::Eigenpairs<double> find_ends(WatchedOperator& matrix, const SpectrumSettings& settings,
                                        In<Mat<double>> warm_start) {
    curvature::LanczosSettings<double> lanczos;
    const Index most = most_pairs(matrix.rows());
    lanczos.largest = std::min(settings.largest, most);
    lanczos.smallest = std::min(settings.smallest, most);
    lanczos.tolerance = settings.tolerance > 0 ? settings.tolerance : settings.accuracy;
    lanczos.floor = settings.tolerance > 0 ? 1 : 0;
    lanczos.check = settings.check;
    lanczos.product_noise =
        std::max(settings.product_noise, 10 * std::numeric_limits<double>::epsilon());
    const bool resolves_bottom = lanczos.smallest > 0 && settings.tolerance == 0;
    lanczos.basis =
        basis_columns(matrix.rows(), lanczos.largest + lanczos.smallest, resolves_bottom);
    lanczos.max_products = settings.max_products;
    lanczos.seed = settings.seed;
    lanczos.start = warm_start;
    lanczos.threads = settings.threads;
    lanczos.progress = [&](const curvature::LanczosProgress& state) {
        matrix.progress().largest = state.largest;
        matrix.progress().smallest = state.smallest;
        matrix.progress().worst_residual = state.worst_residual;
        return true;
    };
    return curvature::lanczos<double>(matrix, lanczos);
}

void take(const curvature::Eigenpairs<double>& found, const SpectrumSettings& settings,
          Spectrum& result) {
    bool have_converged = true;
    const auto values_of = [&](const std::vector<curvature::EigenPair>& pairs) {
        std::vector<Eigenvalue> values;
        for (const curvature::EigenPair& pair : pairs) {
            values.push_back(eigenvalue_of(pair, settings.accuracy, found.norm));
            result.num_converged += values.back().is_converged ? 1 : 0;
            have_converged &= values.back().is_converged;
        }
        return values;
    };
    result.largest = values_of(found.largest);
    result.smallest = values_of(found.smallest);
    result.status = found.status == curvature::LanczosStatus::converged && !have_converged
                        ? "coarse"
                        : curvature::text(found.status);
    result.products = found.products + found.check_products;
    result.restarts = found.restarts;
    const Index most = most_pairs(found.largest_vectors.rows());
    result.num_wanted = std::min(settings.largest, most) + std::min(settings.smallest, most);
    result.is_largest_complete = found.is_largest_complete;
    result.is_smallest_complete = found.is_smallest_complete;
    const double threshold = -kNegativeShare * found.norm;
    // Exact where one of them certainly lies above, and none before it is missing or in doubt.
    result.is_count_exact = false;
    bool is_known = true;
    for (const curvature::EigenPair& pair : found.smallest) {
        const double error = std::max(pair.residual, pair.bound);
        result.num_negative += pair.value < threshold ? 1 : 0;
        is_known = is_known && pair.is_complete && std::abs(pair.value - threshold) > error;
        result.is_count_exact |= is_known && pair.value >= threshold;
    }
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

void measure_dense(WatchedOperator& matrix, const SpectrumSettings& settings, Spectrum& result) {
    const Index p = matrix.rows();
    matrix.progress().stage = "whole matrix";
    matrix.progress().total = p;
    result.vectors.resize(p, 0);
    result.is_whole = true;
    const Mat<double> dense =
        curvature::dense_matrix(matrix, curvature::dense_bytes(settings.dense_limit)).matrix;
    result.products = p;
    if (!dense.allFinite()) {
        result.status = "nonfinite";
        return;
    }
    const Vec<double> values = curvature::dense_eigenvalues(dense);  // rising
    const double norm = values.cwiseAbs().maxCoeff();
    const double error =
        norm * std::max(static_cast<double>(p) * std::numeric_limits<double>::epsilon(),
                        10 * settings.product_noise);
    const auto exact_pair = [&](double value) {
        return Eigenvalue{value,
                          error,
                          error,
                          curvature::certain_digits(value, error),
                          error < std::abs(value),
                          is_as_accurate(value, error, settings.accuracy, norm)};
    };
    // Of a matrix with fewer rows than pairs are wanted, each pair stands at one end.
    const Index num_smallest = std::min(settings.smallest, std::max(p / 2, p - settings.largest));
    for (Index i = 0; i < std::min(settings.largest, p - num_smallest); ++i) {
        result.largest.push_back(exact_pair(values[p - 1 - i]));
    }
    for (Index i = 0; i < num_smallest; ++i) {
        result.smallest.push_back(exact_pair(values[i]));
    }
    for (const auto& end : {result.largest, result.smallest}) {
        result.num_wanted += static_cast<Index>(end.size());
        result.num_converged += std::count_if(end.begin(), end.end(),
                                              [](const auto& pair) { return pair.is_converged; });
    }
    result.status = result.num_converged == result.num_wanted ? "exact" : "coarse";
    result.is_largest_complete = result.is_smallest_complete = true;
    result.num_negative = (values.array() < -kNegativeShare * norm).count();
    if (settings.has_trace) {
        result.trace = {exactly(values.sum()), exactly(values.squaredNorm()),
                        exactly(curvature::length(values))};
    }
    if (settings.has_density) result.measure = curvature::exact_measure(values);
}

void measure_ends(WatchedOperator& matrix, const SpectrumSettings& settings,
                  In<Mat<double>> warm_start, Spectrum& result) {
    SpectrumProgress& progress = matrix.progress();
    progress.stage = "eigenvalues";
    const auto found = find_ends(matrix, settings, warm_start);
    take(found, settings, result);
    const curvature::Deflation<double> deflation = curvature::converged_pairs(found);
    progress.total = progress.products + (settings.has_trace ? settings.trace_probes : 0) +
                     (settings.has_density ? settings.density_probes * settings.density_steps : 0);
    progress.worst_residual = 0;
    if (settings.has_trace) {
        progress.stage = "trace";
        curvature::TraceSettings<double> trace;
        trace.budget = settings.trace_probes;
        trace.seed = settings.seed;
        trace.deflation = deflation;
        trace.threads = settings.threads;
        result.trace = curvature::trace_and_norm<double>(matrix, trace);
    }
    if (settings.has_density) {
        progress.stage = "density";
        curvature::DensitySettings<double> density;
        density.probes = settings.density_probes;
        density.steps = settings.density_steps;
        density.seed = settings.seed;
        density.deflation = deflation;
        density.threads = settings.threads;
        result.measure = curvature::spectral_measure<double>(matrix, density);
    }
}

}  // namespace

Spectrum measure_spectrum(const curvature::Operator<double>& matrix,
                          const SpectrumSettings& settings, In<Mat<double>> warm_start,
                          const SpectrumWatch& watch) {
    WatchedOperator watched(matrix, watch);
    Spectrum result;
    try {
        if (prefers_dense(matrix.rows(), settings)) {
            measure_dense(watched, settings, result);
        } else {
            measure_ends(watched, settings, warm_start, result);
        }
    } catch (const WatchedOperator::Stopped&) {
        result.status = "cancelled";
    }
    return result;
}

}  // namespace dualtape::analyses
