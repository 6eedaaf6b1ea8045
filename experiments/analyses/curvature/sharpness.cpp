#include "experiments/analyses/curvature/sharpness.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/curvature/dense.h"
#include "engine/curvature/dense_spectrum.h"
#include "engine/curvature/length.h"
#include "engine/curvature/overlap.h"
#include "engine/curvature/parameter_indices.h"
#include "engine/curvature/point_operator.h"
#include "engine/curvature/restricted_operator.h"
#include "engine/curvature/scaled_operator.h"
#include "engine/kernels/random.h"

namespace dualtape::analyses {

namespace {

using curvature::CurvatureMatrix;
using curvature::PointOperator;

// v <- Hv / |Hv| from a normal vector; the value is v'Hv.
PowerIteration iterate_power(const curvature::Operator<double>& hessian,
                             const SharpnessSettings& settings) {
    Mat<double> v(hessian.rows(), 1), hv(hessian.rows(), 1);
    kernels::Stream stream(settings.spectrum.seed, "power", settings.step);
    stream.fill_normal(v.data(), v.size());
    v /= v.norm();
    PowerIteration power;
    const auto measure = [&] {
        hessian.apply(v, hv);
        power.value = v.col(0).dot(hv.col(0));
        power.residual = curvature::length(hv - power.value * v) / std::abs(power.value);
    };
    for (measure(); power.rounds < settings.power_rounds; measure()) {
        const double norm = curvature::length(hv);
        if (!(norm > 0) || power.residual < settings.power_tolerance) break;
        v = hv / norm;
        ++power.rounds;
    }
    return power;
}

// The whole spectrum from P products and a dense solve.
DenseEnds solve_dense(const curvature::Operator<double>& hessian) {
    const Vec<double> values =
        curvature::dense_eigenvalues(curvature::dense_matrix(hessian).matrix);
    const double threshold = -kNegativeShare * values.cwiseAbs().maxCoeff();
    return {values(values.size() - 1), values(0), (values.array() < threshold).count()};
}

curvature::TraceEstimate trace_of(const curvature::Operator<double>& matrix,
                                  const SpectrumSettings& settings) {
    curvature::TraceSettings<double> trace;
    trace.budget = settings.trace_probes;
    trace.seed = settings.seed;
    trace.threads = settings.threads;
    return curvature::hutchinson<double>(matrix, trace);
}

GaussNewton measure_gauss_newton(const Point<double>& point, const SpectrumSettings& settings,
                                 In<Mat<double>> leading, const SpectrumWatch& watch) {
    const PointOperator<double> gauss_newton(point, CurvatureMatrix::gauss_newton);
    const WatchedOperator matrix(gauss_newton, watch);
    GaussNewton result;
    result.largest = largest_eigenvalue(matrix, settings, leading);
    result.trace = trace_of(matrix, settings);
    if (leading.cols() > 0) {
        const Mat<double> v = leading.leftCols(1);
        Mat<double> hv(v.rows(), 1), gv(v.rows(), 1);
        point.hessian(v, hv);
        point.gauss_newton(v, gv);
        result.residual_share = curvature::length(hv - gv) / curvature::length(hv);
    }
    return result;
}

std::vector<LayerCurvature> measure_layers(const Point<double>& point,
                                           const std::vector<models::ParameterInfo>& parameters,
                                           const SpectrumSettings& settings,
                                           const curvature::Operator<double>& hessian) {
    std::vector<LayerCurvature> layers;
    for (const std::string& name : layer_names(parameters)) {
        const curvature::RestrictedOperator<double> block(
            hessian, curvature::parameter_indices(point.plan(), name));
        layers.push_back({name, block.rows(), largest_eigenvalue(block, settings, Mat<double>()),
                          trace_of(block, settings)});
    }
    return layers;
}

// What stands beside the spectrum.
void explain(const Point<double>& point, const std::vector<models::ParameterInfo>& parameters,
             const SharpnessSettings& settings, const curvature::Operator<double>& hessian,
             const SpectrumWatch& watch, Sharpness& result) {
    // What the leading pairs say about the step and about the two parts of the Hessian.
    // An exact spectrum comes without vectors.
    const Spectrum& spectrum = result.spectrum;
    const Mat<double> leading = spectrum.vectors.leftCols(
        std::min(static_cast<Index>(spectrum.largest.size()), spectrum.vectors.cols()));
    if (leading.cols() > 0) {
        result.gradient_share = curvature::share_inside<double>(leading, point.gradient());
        if (settings.update.size() > 0) {
            result.update_share = curvature::share_inside<double>(leading, settings.update);
        }
        const Mat<double> v = leading.leftCols(1);
        result.gauss_newton_share = point.gauss_newton_curvature(v)(0) / point.curvature(v)(0);
    }
    if (settings.power_rounds > 0) result.power = iterate_power(hessian, settings);
    if (point.size() <= settings.dense_limit) result.dense = solve_dense(hessian);
    if (settings.has_gauss_newton) {
        result.gauss_newton = measure_gauss_newton(point, settings.spectrum, leading, watch);
    }
    if (settings.has_layers) {
        result.layers = measure_layers(point, parameters, settings.spectrum, hessian);
    }
    if (settings.preconditioner.size() > 0) {
        const curvature::ScaledOperator<double> scaled(hessian, settings.preconditioner);
        result.preconditioned = largest_eigenvalue(scaled, settings.spectrum, Mat<double>());
    }
}

}  // namespace

Eigenvalue largest_eigenvalue(const curvature::Operator<double>& matrix,
                              const SpectrumSettings& settings, In<Mat<double>> start) {
    curvature::LanczosSettings<double> lanczos;
    lanczos.largest = 1;
    lanczos.smallest = 0;
    lanczos.tolerance = settings.tolerance > 0 ? settings.tolerance : settings.accuracy;
    lanczos.check = curvature::CopyCheck::never;  // the value is wanted, not its copies
    lanczos.max_products = settings.max_products;
    lanczos.seed = settings.seed;
    lanczos.start = start;
    lanczos.threads = settings.threads;
    const auto found = curvature::lanczos<double>(matrix, lanczos);
    if (found.largest.empty()) {  // the first product is not finite
        constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
        return {.value = kUnknown, .residual = kUnknown, .bound = kUnknown};
    }
    const curvature::EigenPair& pair = found.largest[0];
    return {pair.value,
            pair.residual,
            pair.bound,
            pair.digits,
            pair.is_sign_certain,
            std::max(pair.residual, pair.bound) <= settings.accuracy * std::abs(pair.value)};
}

std::vector<std::string> layer_names(const std::vector<models::ParameterInfo>& parameters) {
    std::vector<std::string> names;
    for (const models::ParameterInfo& parameter : parameters) {
        const std::string name = parameter.name.substr(0, parameter.name.rfind('.'));
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    return names;
}

Sharpness measure_sharpness(const Point<double>& point,
                            const std::vector<models::ParameterInfo>& parameters,
                            const SharpnessSettings& settings, In<Mat<double>> warm_start,
                            const SpectrumWatch& watch) {
    const PointOperator<double> unwatched(point);
    Sharpness result;
    result.loss = point.value();
    result.gradient_norm = curvature::length(point.gradient());
    result.spectrum = measure_spectrum(unwatched, settings.spectrum, warm_start, watch);
    if (result.spectrum.is_cancelled()) return result;
    const WatchedOperator hessian(unwatched, watch);
    try {
        explain(point, parameters, settings, hessian, watch, result);
    } catch (const WatchedOperator::Stopped&) {
        result.spectrum.status = "cancelled";
    }
    return result;
}

}  // namespace dualtape::analyses
