#include "experiments/analyses/curvature/curvature_tables.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/curvature/smoothing.h"

namespace dualtape::analyses {

namespace {

constexpr const char* kNames[] = {"curvature.tsv",     "eigenvalues.tsv", "layers.tsv",
                                  "density_nodes.tsv", "density.tsv",     "counts.tsv"};
constexpr const char* kCurvature[] = {"step",
                                      "loss",
                                      "gradient_norm",
                                      "lambda_max",
                                      "lambda_max_residual",
                                      "lambda_max_bound",
                                      "lambda_min",
                                      "lambda_min_residual",
                                      "lambda_min_bound",
                                      "num_negative",
                                      "num_negative_is_exact",
                                      "status",
                                      "num_converged",
                                      "num_wanted",
                                      "largest_is_complete",
                                      "smallest_is_complete",
                                      "worst_relative_residual",
                                      "products",
                                      "restarts",
                                      "trace",
                                      "trace_error",
                                      "squared_norm",
                                      "squared_norm_error",
                                      "power_value",
                                      "power_residual",
                                      "power_rounds",
                                      "gradient_share",
                                      "update_share",
                                      "gauss_newton_share",
                                      "ggn_lambda_max",
                                      "ggn_lambda_max_residual",
                                      "ggn_trace",
                                      "ggn_trace_error",
                                      "residual_share",
                                      "overlap_previous",
                                      "descent_threshold",
                                      "preconditioned_lambda_max",
                                      "preconditioned_residual",
                                      "preconditioned_threshold",
                                      "dense_lambda_max",
                                      "dense_lambda_min",
                                      "dense_num_negative",
                                      "dense_difference"};
constexpr const char* kEigenvalues[] = {"step",        "end",   "rank",   "value",
                                        "residual",    "bound", "digits", "is_sign_certain",
                                        "is_converged"};
constexpr const char* kLayers[] = {"step",  "layer",        "parameters", "lambda_max", "residual",
                                   "bound", "is_converged", "trace",      "trace_error"};
constexpr const char* kNodes[] = {"step", "probe", "node", "weight"};
constexpr const char* kDensity[] = {"step", "axis", "x", "density"};
constexpr const char* kCounts[] = {"step", "x", "count", "count_error"};

// Points of the curve of counts, log-spaced on either side of zero.
constexpr int kCountPoints = 61;

lab::Cell cell_of(bool is_measured, double value) {
    return is_measured ? lab::Cell(value) : lab::Cell();
}
lab::Cell cell_of(double value) { return cell_of(!std::isnan(value), value); }

// The largest residual of the wanted pairs over the largest modulus of an eigenvalue.
double worst_relative_residual(const Spectrum& spectrum) {
    double worst = 0, norm = 0;
    for (const auto* end : {&spectrum.largest, &spectrum.smallest}) {
        for (const Eigenvalue& pair : *end) {
            worst = std::max(worst, pair.residual);
            norm = std::max(norm, std::abs(pair.value));
        }
    }
    return norm > 0 ? worst / norm : worst;
}

// -largest ... -zero, 0, zero ... largest.
std::vector<double> count_axis(double zero, double largest) {
    std::vector<double> axis{0};
    const double decades = std::log10(std::max(largest / zero, 1.0));
    for (int i = 0; i < kCountPoints; ++i) {
        const double x = zero * std::pow(10.0, decades * i / (kCountPoints - 1));
        axis.push_back(x);
        axis.push_back(-x);
    }
    std::sort(axis.begin(), axis.end());
    return axis;
}

}  // namespace

CurvatureTables::CurvatureTables(std::function<std::filesystem::path(const char*)> path,
                                 lab::Labels labels)
    : path_(std::move(path)), labels_(std::move(labels)) {}

std::span<const char* const> CurvatureTables::names() { return kNames; }

void CurvatureTables::add_row(const char* table, std::span<const char* const> columns,
                              std::initializer_list<lab::Cell> cells) {
    const auto is_it = [&](const auto& writer) { return writer.first == table; };
    auto found = std::find_if(writers_.begin(), writers_.end(), is_it);
    if (found == writers_.end()) {
        writers_.emplace_back(
            table, lab::TableWriter(path_(table), lab::labelled_columns(labels_, columns),
                                    lab::TableWriter::Mode::append));
        found = writers_.end() - 1;
    }
    found->second.add_row(lab::labelled_row(labels_, cells));
}

void CurvatureTables::add(std::int64_t step, const Spectrum& spectrum) {
    for (const bool is_top : {true, false}) {
        const auto& pairs = is_top ? spectrum.largest : spectrum.smallest;
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            add_row(
                "eigenvalues.tsv", kEigenvalues,
                {step, is_top ? "largest" : "smallest", i + 1, pairs[i].value, pairs[i].residual,
                 pairs[i].bound, pairs[i].digits, pairs[i].is_sign_certain, pairs[i].is_converged});
        }
    }
    if (spectrum.measure) add_density(step, *spectrum.measure);
}

void CurvatureTables::add_density(std::int64_t step, const curvature::SpectralMeasure& measure) {
    if (measure.probes.empty()) return;  // the first product was not finite
    for (std::size_t probe = 0; probe < measure.probes.size() && !measure.is_whole; ++probe) {
        const curvature::ProbeQuadrature& of = measure.probes[probe];
        for (Index i = 0; i < of.nodes.size(); ++i) {
            add_row("density_nodes.tsv", kNodes, {step, probe, of.nodes(i), of.weights(i)});
        }
    }
    for (const double value : measure.is_whole ? measure.probes[0].nodes : measure.removed) {
        add_row("density_nodes.tsv", kNodes, {step, "exact", value, lab::Cell()});
    }
    const curvature::LinearDensity linear = curvature::linear_density(measure);
    for (Index i = 0; i < linear.x.size(); ++i) {
        add_row("density.tsv", kDensity, {step, "linear", linear.x(i), linear.density(i)});
    }
    const curvature::SignedLogDensity log = curvature::signed_log_density(measure);
    for (Index i = log.x.size(); i-- > 0;) {
        add_row("density.tsv", kDensity, {step, "signed log", -log.x(i), log.negative(i)});
    }
    for (Index i = 0; i < log.x.size(); ++i) {
        add_row("density.tsv", kDensity, {step, "signed log", log.x(i), log.positive(i)});
    }
    const double size = std::max(std::abs(measure.largest()), std::abs(measure.smallest()));
    for (const double x : count_axis(log.zero, size)) {
        const curvature::CountEstimate count = curvature::count_above(measure, x);
        add_row("counts.tsv", kCounts, {step, x, count.value, cell_of(count.error())});
    }
}

void CurvatureTables::add(std::int64_t step, const Sharpness& sharpness, const VisitFacts& facts) {
    const Spectrum& spectrum = sharpness.spectrum;
    add(step, spectrum);
    for (const LayerCurvature& layer : sharpness.layers) {
        add_row("layers.tsv", kLayers,
                {step, layer.name, layer.parameters, layer.largest.value, layer.largest.residual,
                 layer.largest.bound, layer.largest.is_converged, layer.trace.value,
                 layer.trace.standard_error});
    }
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    const auto at = [](const std::vector<Eigenvalue>& pairs) {
        return pairs.empty() ? Eigenvalue{.value = nan, .residual = nan, .bound = nan} : pairs[0];
    };
    const Eigenvalue top = at(spectrum.largest), bottom = at(spectrum.smallest);
    const auto& [power, dense] = std::pair{sharpness.power.value_or(PowerIteration{}),
                                           sharpness.dense.value_or(DenseEnds{})};
    const bool has_power = sharpness.power.has_value(), has_dense = sharpness.dense.has_value();
    const bool has_trace = spectrum.trace.has_value();
    const auto trace = spectrum.trace.value_or(curvature::TraceAndNorm{});
    const bool has_ggn = sharpness.gauss_newton.has_value();
    const auto ggn = sharpness.gauss_newton.value_or(GaussNewton{});
    const bool has_metric = sharpness.preconditioned.has_value();
    const auto metric = sharpness.preconditioned.value_or(Eigenvalue{});
    add_row("curvature.tsv", kCurvature,
            {step,
             sharpness.loss,
             sharpness.gradient_norm,
             top.value,
             top.residual,
             top.bound,
             bottom.value,
             bottom.residual,
             bottom.bound,
             spectrum.num_negative,
             spectrum.is_count_exact,
             spectrum.status,
             spectrum.num_converged,
             spectrum.num_wanted,
             spectrum.is_largest_complete,
             spectrum.is_smallest_complete,
             worst_relative_residual(spectrum),
             spectrum.products,
             spectrum.restarts,
             cell_of(has_trace, trace.trace.value),
             cell_of(has_trace, trace.trace.standard_error),
             cell_of(has_trace, trace.squared_norm.value),
             cell_of(has_trace, trace.squared_norm.standard_error),
             cell_of(has_power, power.value),
             cell_of(has_power, power.residual),
             has_power ? lab::Cell(power.rounds) : lab::Cell(),
             sharpness.gradient_share,
             cell_of(sharpness.update_share.value_or(nan)),
             sharpness.gauss_newton_share,
             cell_of(has_ggn, ggn.largest.value),
             cell_of(has_ggn, ggn.largest.residual),
             cell_of(has_ggn, ggn.trace.value),
             cell_of(has_ggn, ggn.trace.standard_error),
             cell_of(has_ggn, ggn.residual_share),
             cell_of(facts.overlap_previous),
             cell_of(facts.descent_threshold),
             cell_of(has_metric, metric.value),
             cell_of(has_metric, metric.residual),
             cell_of(facts.preconditioned_threshold),
             cell_of(has_dense, dense.largest),
             cell_of(has_dense, dense.smallest),
             has_dense ? lab::Cell(dense.num_negative) : lab::Cell(),
             cell_of(has_dense, std::abs(dense.largest - top.value) / std::abs(dense.largest))});
}

}  // namespace dualtape::analyses
