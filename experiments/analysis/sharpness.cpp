#include "experiments/analysis/sharpness.h"

#include <algorithm>
#include <cmath>

#include "engine/curvature/dense.h"
#include "engine/curvature/point_operator.h"
#include "engine/curvature/lanczos.h"
#include "engine/kernels/random.h"

namespace dualtape::analysis {

namespace {

using curvature::PointOperator;

// Columns that Lanczos keeps for every wanted pair. The solver's own three cost half the memory but
// up to twice the products on spectra of networks, whose small end is dense.
constexpr Index kBasisPerPair = 7;
// Eigenvalues below minus this share of the largest modulus count as negative.
constexpr double kNegative = 1e-5;

std::vector<Eigenvalue> values_of(const std::vector<curvature::EigenPair>& pairs) {
    std::vector<Eigenvalue> values;
    for (const curvature::EigenPair& pair : pairs) {
        values.push_back({pair.value, pair.residual, pair.bound, pair.is_converged});
    }
    return values;
}

// v <- Hv / |Hv| from a normal vector; the value is v'Hv.
PowerIteration iterate_power(const PointOperator<double>& hessian,
                             const SharpnessSettings& settings,
                             const std::function<bool()>& is_stopped) {
    Mat<double> v(hessian.rows(), 1), hv(hessian.rows(), 1);
    kernels::Stream stream(settings.seed, "power", settings.step);
    stream.fill_normal(v.data(), v.size());
    v /= v.norm();
    PowerIteration power;
    const auto measure = [&] {
        hessian.apply(v, hv);
        power.value = v.col(0).dot(hv.col(0));
        power.residual = (hv - power.value * v).norm() / std::abs(power.value);
    };
    for (measure(); power.rounds < settings.power_rounds && !is_stopped(); measure()) {
        const double norm = hv.norm();
        if (!(norm > 0) || power.residual < settings.power_tolerance) break;
        v = hv / norm;
        ++power.rounds;
    }
    return power;
}

// The whole spectrum from P products and a dense solve.
DenseEnds solve_dense(const PointOperator<double>& hessian, double tolerance) {
    const Vec<double> values =
        curvature::dense_spectrum(curvature::dense_matrix(hessian).matrix).values;
    const double threshold = -tolerance * values.cwiseAbs().maxCoeff();
    return {values(values.size() - 1), values(0), (values.array() < threshold).count()};
}

}  // namespace

Sharpness measure_sharpness(const Point<double>& point, const SharpnessSettings& settings,
                            In<Mat<double>> warm_start, const std::function<bool()>& is_stopped) {
    const PointOperator<double> hessian(point);
    const Vec<double>& gradient = point.gradient();
    Sharpness result;
    result.loss = point.value();
    result.gradient_norm = gradient.norm();

    // Lanczos. Few pairs of a small network: the solver keeps three times as many columns.
    const Index pairs = std::clamp<Index>(point.size() / 8, 1, settings.pairs);
    curvature::LanczosSettings<double> lanczos;
    lanczos.largest = lanczos.smallest = pairs;
    lanczos.tolerance = settings.tolerance;
    lanczos.floor = 1;
    lanczos.verifies = false;  // a block of two sees pairs; higher multiplicities are rare here
    lanczos.basis = kBasisPerPair * 2 * pairs;
    lanczos.max_products = settings.max_products;
    lanczos.seed = settings.seed;
    lanczos.start = warm_start;
    lanczos.threads = settings.threads;
    lanczos.progress = [&](const curvature::LanczosProgress&) { return !is_stopped(); };
    const curvature::Eigenpairs<double> found = curvature::lanczos<double>(hessian, lanczos);
    result.largest = values_of(found.largest);
    result.smallest = values_of(found.smallest);
    result.status = curvature::text(found.status);
    result.products = found.products + found.check_products;
    result.restarts = found.restarts;
    result.num_wanted = 2 * pairs;
    for (const auto* end : {&result.largest, &result.smallest}) {
        for (const Eigenvalue& pair : *end) result.num_converged += pair.is_converged ? 1 : 0;
    }
    const double threshold = -kNegative * found.norm;
    for (const Eigenvalue& pair : result.smallest) {
        result.num_negative += pair.value < threshold ? 1 : 0;
    }
    result.is_count_exact = result.num_negative < static_cast<Index>(result.smallest.size());
    result.vectors.resize(point.size(),
                          found.largest_vectors.cols() + found.smallest_vectors.cols());
    result.vectors << found.largest_vectors, found.smallest_vectors;
    if (found.status == curvature::LanczosStatus::cancelled) return result;

    // What the leading pairs say about the step and about the two parts of the Hessian.
    if (found.largest_vectors.cols() > 0) {
        const double share = (found.largest_vectors.transpose() * gradient).squaredNorm();
        result.gradient_share = share / gradient.squaredNorm();
        const Mat<double> v = found.largest_vectors.leftCols(1);
        result.gauss_newton_share = point.gauss_newton_curvature(v)(0) / point.curvature(v)(0);
    }
    if (settings.power_rounds > 0) result.power = iterate_power(hessian, settings, is_stopped);
    if (point.size() <= settings.dense_limit) {
        result.dense = solve_dense(hessian, kNegative);
    }
    if (is_stopped()) result.status = curvature::text(curvature::LanczosStatus::cancelled);
    return result;
}

}  // namespace dualtape::analysis
